/** Writes the script with which a shell completes the command's words: subcommands and options, from the program itself. */
import type { Command } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** One place at which words can follow. */
interface Level {
  /** Subcommands up to here, separated by blanks; empty for the program itself. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
}

function levelsOf(command: Command, path: string): Level[] {
  const subcommands = command.commands.map((sub) => ({ word: sub.name(), description: sub.description() }));
  const options = command.options.map(({ long, description }) => ({ word: long ?? "", description }));
  const words = [...subcommands, ...options, { word: "--help", description: "show how it is used" }];
  const inner = command.commands.flatMap((sub) => levelsOf(sub, path === "" ? sub.name() : `${path} ${sub.name()}`));
  return [{ path, words: words.filter(({ word }) => word !== "") }, ...inner];
}

/** The words typed so far without options: a level's path. Values of options are taken for arguments, which do no harm. */
const bashFunction = (cases: string) => `# Completion of turnout for bash: source <(turnout completion bash)
_turnout() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${cases}
    esac
  done
  case "$path" in
`;

function forBash(levels: readonly Level[]): string {
  const steps = levels
    .filter(({ path }) => path !== "")
    .map(({ path }) => {
      const words = path.split(" ");
      return `      "${words.slice(0, -1).join(" ")} ${words.at(-1)}") path="${path}" ;;`;
    });
  const words = levels.map(
    ({ path, words: all }) => `    "${path}") words="${all.map(({ word }) => word).join(" ")}" ;;`,
  );
  return `${bashFunction(steps.join("\n"))}${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ "\${#COMPREPLY[@]}" -gt 0 ] || compopt -o default
}
complete -F _turnout turnout
`;
}

function forZsh(levels: readonly Level[]): string {
  const bash = forBash(levels).split("\n").slice(1).join("\n");
  return `# Completion of turnout for zsh: source <(turnout completion zsh)
autoload -Uz bashcompinit && bashcompinit
${bash}`;
}

function forFish(levels: readonly Level[]): string {
  const lines = levels.flatMap(({ path, words }) => {
    const parts = path === "" ? [] : path.split(" ");
    const later = levels
      .filter((level) => level.path.startsWith(path === "" ? "" : `${path} `) && level.path !== path)
      .map((level) => level.path.split(" ")[parts.length] ?? "");
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`);
    const unseen = later.length > 0 ? [`not __fish_seen_subcommand_from ${[...new Set(later)].join(" ")}`] : [];
    const condition = [...seen, ...unseen].join("; and ") || "true";
    return words.map(({ word, description }) => {
      const text = description.replaceAll("'", String.raw`\'`);
      const kind = word.startsWith("--") ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c turnout -n '${condition}' ${kind} -d '${text}'`;
    });
  });
  return `# Completion of turnout for fish: turnout completion fish | source\n${lines.join("\n")}\n`;
}

/** @returns the script, to be sourced by the shell */
export function completionScript(program: Command, shell: Shell): string {
  const levels = levelsOf(program, "");
  return { bash: forBash, zsh: forZsh, fish: forFish }[shell](levels);
}
