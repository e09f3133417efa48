/** `turnout acceptance`: pauses and resumes registration while the event is open, and says something on its pages. */
import { Command, Option } from "commander";
import { createAcceptanceStore, type AcceptanceOrder } from "../../acceptance/acceptance-store.ts";
import {
  describeAcceptance,
  languageTitle,
  toAcceptanceOutput,
  type AcceptanceOutput,
} from "../../acceptance/acceptance-view.ts";
import { readNotice } from "../../acceptance/notice-text.ts";
import { maxWhyLength } from "../../../shared/acceptance/acceptance.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import type { CommandHost } from "../../../terminal/command-line.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../../terminal/connection.ts";
import { readTimes } from "../../../terminal/event-option.ts";
import { gather, timeAhead } from "../../../terminal/option-values.ts";

interface CommonFlags extends ConnectionFlags {
  readonly json?: boolean;
}

interface ChangeFlags extends CommonFlags {
  readonly why: string;
}

interface PauseFlags extends ChangeFlags {
  readonly notice?: readonly string[];
  readonly until?: string;
}

interface NoticeFlags extends ChangeFlags {
  readonly clear?: boolean;
}

const overview = `
Examples:
  turnout acceptance status --stack summit-production
  turnout acceptance pause --why "the hall is being counted" --stack summit-production
  turnout acceptance resume --why "counted: 200 seats are left" --stack summit-production
  turnout acceptance notice "The venue has changed: hall 4." --why "flooded" --stack summit-production

Every instance of the web tier follows within about three seconds, and nothing is deployed. While it is paused, new
registrations are answered 503 TURNOUT_PAUSED; what was accepted goes on being stored, and corrections and withdrawals
go on. The event file's opening times apply all the same.`;

const pauseExamples = `
Examples:
  turnout acceptance pause --why "the hall is being counted"
  turnout acceptance pause --why "power cut" --until 30min --notice "We continue at noon."
  turnout acceptance pause --why "power cut" --notice "de=Es geht um 12 Uhr weiter." --notice "en=We continue at noon."

People who wait with their entries on the page are registered when it is resumed. A pause of a pause replaces its notice
and its end.`;

const resumeExamples = `
Examples:
  turnout acceptance resume --why "counted: 200 seats are left"`;

const noticeExamples = `
Examples:
  turnout acceptance notice "The venue has changed: hall 4." --why "flooded"
  turnout acceptance notice "de=Neuer Ort: Halle 4." "en=The venue has changed: hall 4." --why "flooded"
  turnout acceptance notice --clear --why "everybody knows"

It is shown on all pages of attendees, whether paused or not. Without a language it is in the event's own.`;

const statusExamples = `
Examples:
  turnout acceptance status
  turnout acceptance status --json | jq .paused`;

function reason(text: string): string {
  const why = text.trim();
  if (why !== "" && why.length <= maxWhyLength) return why;
  throw new TurnoutError("TURNOUT_USAGE_INVALID", `--why takes 1 to ${maxWhyLength} characters.`);
}

export function buildAcceptanceCommand({ env, terminal, signal }: CommandHost): Command {
  const times = readTimes(env);

  function show(output: AcceptanceOutput, deployment: string): void {
    const { who, why, at, pauseNotice, notice } = output;
    const state = describeAcceptance(output, times.full);
    const said = (title: string, texts: object) =>
      Object.entries(texts).map(([language, text]) => [`${title} (${languageTitle(language)})`, String(text)]);
    terminal.printTable(
      ["acceptance", deployment],
      [
        ["state", output.paused ? terminal.colors.yellow(state) : state],
        ...(at
          ? [
              ["changed", times.full(at)],
              ["who", who],
              ["why", why],
            ]
          : []),
        ...said("while paused", pauseNotice),
        ...said("notice", notice),
      ],
    );
  }

  async function order(flags: ChangeFlags, wanted: AcceptanceOrder): Promise<void> {
    const why = reason(flags.why);
    await withConnection(flags, env, async (connection) => {
      signal.throwIfAborted();
      const store = createAcceptanceStore({ connection, wallClock: Date.now });
      const output = toAcceptanceOutput(await store.change(wanted, why), Date.now());
      if (flags.json) return terminal.printJson(output);
      show(output, connection.deployment);
      terminal.note("Every instance follows within about three seconds, and its pages with it.");
    });
  }

  const withWhy = (command: Command) => command.requiredOption("--why <text>", "why, for the audit log; no names");
  const finished = (command: Command, examples: string) =>
    addConnectionOptions(command.option("--json", "print one JSON document").addHelpText("after", examples));

  const pause = withWhy(new Command("pause").description("Turn new registrations away, until somebody resumes."))
    .addOption(
      new Option("--notice <text>", "shown while it is paused; as de=TEXT in one language, repeatable").argParser(
        gather(String),
      ),
    )
    .option("--until <time>", "when the pause ends by itself: 30min, 2h, 2026-05-01T12:00Z", timeAhead);
  finished(pause, pauseExamples).action((flags: PauseFlags) =>
    order(flags, { kind: "pause", until: flags.until, notice: readNotice(flags.notice ?? []) }),
  );

  const resume = withWhy(new Command("resume").description("Accept registrations again, within the opening times."));
  finished(resume, resumeExamples).action((flags: ChangeFlags) => order(flags, { kind: "resume" }));

  const notice = withWhy(
    new Command("notice")
      .description("Say something on the pages of attendees.")
      .argument("[text...]", "one line of plain text; as de=TEXT in one language")
      .option("--clear", "remove the notice"),
  );
  finished(notice, noticeExamples).action((texts: readonly string[], flags: NoticeFlags) => {
    if (texts.length > 0 === (flags.clear ?? false)) {
      throw new TurnoutError("TURNOUT_USAGE_INVALID", "Give the text of the notice, or --clear to remove it.");
    }
    return order(flags, { kind: "notice", notice: readNotice(texts) });
  });

  const status = new Command("status").description("Show whether registrations are accepted, who decided it and why.");
  finished(status, statusExamples).action((flags: CommonFlags) =>
    withConnection(flags, env, async (connection) => {
      const store = createAcceptanceStore({ connection, wallClock: Date.now });
      const output = toAcceptanceOutput(await store.read(signal), Date.now());
      if (flags.json) terminal.printJson(output);
      else show(output, connection.deployment);
    }),
  );

  return new Command("acceptance")
    .description("Pause and resume registration, and say something on its pages, without a deployment.")
    .addCommand(pause)
    .addCommand(resume)
    .addCommand(notice)
    .addCommand(status)
    .addHelpText("after", overview);
}
