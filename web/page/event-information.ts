/** What pages show of the event beside its form, in one language: when and where it is, who organises it, and links. */
import { languageTraits, type Language } from "../../shared/page/language.ts";
import { mailtoOf } from "../../shared/registration/email-address.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { linksOf, type LinkName } from "../../shared/registration/event-information.ts";
import { createMomentWriter } from "../../shared/page/moments.ts";
import type { MessageKey, Messages } from "./messages.ts";

interface EventInformationView {
  readonly when?: {
    /** ISO 8601: when it starts. */
    readonly instant: string;
    readonly words: string;
    readonly zone: string;
    /** Whether a reader elsewhere wants to know it in their own zone: who travels does not. */
    readonly isAnywhere: boolean;
  };
  readonly where?: { readonly words: string; readonly url: string | undefined };
  readonly organiser?: {
    readonly name: string;
    readonly url: string | undefined;
    readonly email: string | undefined;
    /** Of the address. */
    readonly mailto: string | undefined;
  };
  readonly links: readonly { readonly label: string; readonly url: string }[];
}

const linkLabels: Record<LinkName, MessageKey> = {
  privacy: "footer.privacyNotice",
  imprint: "footer.imprint",
  conduct: "footer.conduct",
};

export function informationIn(language: Language, event: EventDefinition, text: Messages): EventInformationView {
  const { startsAt, endsAt, timeZone, venue, online = false, venueUrl: url, organiser } = event;
  const place = online ? languageTraits[language].online : venue;
  return {
    ...(startsAt !== undefined && {
      when: {
        instant: new Date(startsAt).toISOString(),
        ...createMomentWriter(language, timeZone).period(startsAt, endsAt),
        isAnywhere: online,
      },
    }),
    ...(place !== undefined && { where: { words: place, url } }),
    ...(organiser && {
      organiser: {
        name: organiser.name,
        url: organiser.url,
        email: organiser.email,
        mailto: organiser.email === undefined ? undefined : mailtoOf(organiser.email),
      },
    }),
    links: linksOf(event).map((link) => ({ label: text(linkLabels[link.name]), url: link.url })),
  };
}
