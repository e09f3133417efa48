/** `turnout event new`: asks five questions and writes an event file. */
import { existsSync } from "node:fs";
import { Command } from "commander";
import { TurnoutError } from "../../../shared/errors.ts";
import { isLanguage, languageOf, languages } from "../../../shared/page/language.ts";
import { isTimeZone } from "../../../shared/registration/time-zone.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { exitCodes } from "../../../terminal/exit.ts";
import { gather } from "../../../terminal/option-values.ts";
import { zonedInstant } from "../../event/local-time.ts";
import { createEvent, writeEventFile, type EventAnswers } from "../../event/new-event.ts";

interface NewFlags {
  readonly name?: string;
  readonly description?: string;
  readonly language?: string;
  readonly zone?: string;
  readonly opens?: string;
  readonly closes?: string;
  readonly starts?: string;
  readonly ends?: string;
  readonly venue?: string;
  readonly ask?: readonly string[];
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

const defaultFile = "event.json";

const examples = `
Examples:
  turnout event new
  turnout event new summit.json --name "Summit" --opens "2027-03-01 09:00" --closes "2027-04-30 18:00"
  turnout event new gig.json --name Gig --opens "2027-03-01 09:00" --closes "2027-04-30 18:00" --ask "Seat*: A, B"
  turnout event new --json | jq .fields

Five questions: its name, language and time zone, when registration is open, when and where the event is, and what else you
ask. The language is that of the texts that you write: the page comes in it to everybody, until the file has translations.
Times are those of the event's time zone. Nothing is asked when name, opening and closing are given. Name and email address
are asked of everybody; --ask adds a question: a star after it where an answer is required, options after a colon.`;

const noTime = "Allowed is a time such as 2027-05-01 09:00, one that exists in this time zone.";

function zoneProblem(zone: string): string | undefined {
  return isTimeZone(zone) ? undefined : "Allowed is an IANA name, such as Europe/Berlin.";
}

function languageProblem(tag: string): string | undefined {
  return isLanguage(tag) ? undefined : `Allowed is one of ${languages.join(", ")}.`;
}

export function buildNewEventCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const { print, ask } = terminal;

  /** What was not given as an option is asked, unless all that is needed was given. */
  async function gatherAnswers(flags: NewFlags): Promise<EventAnswers> {
    const isComplete = [flags.name, flags.opens, flags.closes].every((value) => value !== undefined);

    async function answer(
      given: string | undefined,
      question: string,
      { option, preset, problem = () => undefined }: Omit<Parameters<typeof ask>[1], "signal">,
    ): Promise<string> {
      const value = given ?? (isComplete ? preset : undefined);
      if (value === undefined) return ask(question, { option, preset, problem, signal });
      const wrong = problem(value);
      if (wrong !== undefined) throw new TurnoutError("TURNOUT_USAGE_INVALID", `${option} was "${value}". ${wrong}`);
      return value;
    }

    const name = await answer(flags.name, "1/5 What is the event called?", {
      option: "--name",
      problem: (text) => (text === "" ? "A name is needed." : undefined),
    });
    const language = await answer(flags.language, `2/5 In which language are its texts? (${languages.join(", ")})`, {
      option: "--language",
      // Such as de_AT.UTF-8.
      preset: languageOf((env["LC_ALL"] || env["LANG"])?.split("_", 1)[0]),
      problem: languageProblem,
    });
    const timeZone = await answer(flags.zone, "2/5 In which time zone is it?", {
      option: "--zone",
      preset: new Intl.DateTimeFormat().resolvedOptions().timeZone,
      problem: zoneProblem,
    });
    /** @param after an instant that it has to follow */
    const time = async (given: string | undefined, question: string, option: string, after?: string, preset?: "") => {
      const text = await answer(given, question, {
        option,
        preset,
        problem(typed) {
          if (typed === "" && preset === "") return undefined;
          const instant = zonedInstant(typed, timeZone);
          if (instant === undefined) return noTime;
          return after !== undefined && Date.parse(instant) <= Date.parse(after) ? "It has to be later." : undefined;
        },
      });
      return text === "" ? undefined : zonedInstant(text, timeZone);
    };
    const opensAt = (await time(flags.opens, "3/5 When does registration open? (2027-03-01 09:00)", "--opens")) ?? "";
    const closesAt = (await time(flags.closes, "3/5 And when does it close?", "--closes", opensAt)) ?? "";
    const startsAt = await time(
      flags.starts,
      "4/5 When does the event begin? (Enter: not said)",
      "--starts",
      undefined,
      "",
    );
    if (startsAt === undefined && flags.ends !== undefined) {
      throw new TurnoutError("TURNOUT_USAGE_INVALID", "--ends needs --starts.");
    }
    const endsAt = startsAt && (await time(flags.ends, "4/5 And when does it end?", "--ends", startsAt, ""));
    const venue = await answer(flags.venue, "4/5 Where is it? (Enter: not said)", { option: "--venue", preset: "" });
    const asked =
      flags.ask ??
      (
        await answer(undefined, "5/5 What else do you ask? (Ticket*: Friday, Saturday; Organisation)", {
          option: "--ask",
          preset: "",
        })
      ).split(";");
    return {
      name,
      description: flags.description ?? "",
      language,
      timeZone,
      opensAt,
      closesAt,
      startsAt,
      endsAt,
      venue: venue || undefined,
      questions: asked.filter((question) => question.trim() !== ""),
    };
  }

  return new Command("new")
    .description("Write an event file: asks five questions, and never replaces a file unasked.")
    .argument("[file]", "path of the file to write", defaultFile)
    .option("--name <text>", "what the event is called")
    .option("--description <text>", "what the page says about it")
    .option("--language <tag>", `language of its texts: ${languages.join(", ")} (default: this machine's, or en)`)
    .option("--zone <name>", "its time zone, such as Europe/Berlin (default: this machine's)")
    .option("--opens <time>", "when registration opens, such as 2027-03-01 09:00")
    .option("--closes <time>", "when it closes")
    .option("--starts <time>", "when the event begins")
    .option("--ends <time>", "when it ends")
    .option("--venue <text>", "where it is")
    .option("--ask <question>", "what else is asked, with options after a colon; may be repeated", gather(String))
    .option("--overwrite", "replace a file that is there")
    .option("--json", "print the event as one JSON document, besides writing it")
    .addHelpText("after", examples)
    .action(async (file: string, flags: NewFlags) => {
      const question = `${file} is there already. Replace it?`;
      const overwrite =
        flags.overwrite || (existsSync(file) && (await terminal.confirm(question, "--overwrite", signal)));
      if (existsSync(file) && !overwrite) {
        terminal.note(`${file} stays as it is.`);
        return finish(exitCodes.failed);
      }
      const event = createEvent(await gatherAnswers(flags));
      // Somebody may have written it meanwhile.
      if (!(await writeEventFile(file, event, overwrite))) {
        throw new TurnoutError("TURNOUT_USAGE_INVALID", `${file} is there already. Give --overwrite to replace it.`);
      }
      if (flags.json) return terminal.printJson(event);
      print(`${file} is written. Next:`);
      print(`  npm run turnout -- event check ${file}`);
      print(`  EVENT_FILE=${file} npm start`);
    });
}
