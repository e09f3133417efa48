/** An event whose file is German, with all of its texts in English and Arabic as well. */
import { parseEvent } from "../../shared/registration/event-definition.ts";

/** As in a file. */
export const translatedFile = {
  name: "Tag der offenen Tür",
  description: "Die Schule am Hafen zeigt sich.\nKommen Sie vorbei!",
  language: "de",
  opensAt: "2026-01-01T09:00:00+01:00",
  closesAt: "2035-12-31T18:00:00+01:00",
  startsAt: "2036-05-09T09:00:00+02:00",
  endsAt: "2036-05-09T13:00:00+02:00",
  venue: "Schule am Hafen, Kiel",
  timeZone: "Europe/Berlin",
  fields: [
    {
      id: "tour",
      type: "select",
      label: "Welche Führung?",
      hint: "Sie dauert eine Stunde.",
      options: ["Vormittag", "Mittag / Nachmittag"],
      required: true,
    },
    { id: "child", type: "text", label: "Name des Kindes", maxLength: 100 },
    { id: "guests", type: "number", label: "Begleitpersonen", minimum: 0, maximum: 4, integer: true },
    { id: "rules", type: "checkbox", label: "Ich halte mich an die Hausordnung", required: true },
  ],
  translations: {
    en: {
      name: "Open day",
      description: "The school at the harbour shows itself.\nCome and see!",
      venue: "Harbour School, Kiel",
      fields: {
        tour: {
          label: "Which tour?",
          hint: "It takes an hour.",
          options: { Vormittag: "Morning", "Mittag / Nachmittag": "Noon or afternoon" },
        },
        child: { label: "Name of the child" },
        guests: { label: "People who come along" },
        rules: { label: "I follow the rules of the house" },
      },
    },
    ar: {
      name: "يوم الأبواب المفتوحة",
      description: "تفتح المدرسة عند الميناء أبوابها.\nأهلًا وسهلًا بكم!",
      venue: "مدرسة الميناء، كيل",
      fields: {
        tour: {
          label: "أي جولة؟",
          hint: "تستغرق ساعة واحدة.",
          options: { Vormittag: "الصباح", "Mittag / Nachmittag": "الظهر أو بعد الظهر" },
        },
        child: { label: "اسم الطفل" },
        guests: { label: "عدد المرافقين" },
        rules: { label: "ألتزم بقواعد المدرسة" },
      },
    },
  },
} as const;

export const translatedEvent = parseEvent(structuredClone(translatedFile));

const { en } = translatedFile.translations;

/** The same in German and English, with each further text that a file can have: organiser, sections, choices, consents. */
export const widelyTranslatedFile = {
  ...translatedFile,
  organiser: { name: "Förderverein der Schule am Hafen", email: "verein@example.org" },
  fields: [
    ...translatedFile.fields,
    {
      id: "clubs",
      type: "choices",
      label: "Arbeitsgemeinschaften",
      options: ["Chor", "Schach"],
      section: { title: "Interessen", text: "Was zeigen wir Ihnen?" },
    },
    {
      id: "photos",
      type: "consent",
      label: "Fotos",
      text: "Fotos von mir dürfen gezeigt werden.",
      when: { field: "clubs", is: "Chor" },
    },
  ],
  translations: {
    en: {
      ...en,
      organiser: { name: "Friends of the Harbour School" },
      fields: {
        ...en.fields,
        clubs: {
          label: "Clubs",
          options: { Chor: "Choir", Schach: "Chess" },
          section: { title: "Interests", text: "What shall we show you?" },
        },
        photos: { label: "Photos", text: "Photos of me may be shown." },
      },
    },
  },
} as const;

export const widelyTranslatedEvent = parseEvent(structuredClone(widelyTranslatedFile));
