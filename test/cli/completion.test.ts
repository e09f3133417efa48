import { execFileSync } from "node:child_process";
import { Command } from "commander";
import t from "tap";
import { completionScript } from "../../cli/completion.ts";

const program = new Command("turnout")
  .addCommand(new Command("queue").description("What waits").option("--watch", "again and again"))
  .addCommand(new Command("dead-letters").addCommand(new Command("list").option("--reason <r>", "admin's reason")));

/** @returns what bash would offer */
function offered(...words: string[]): string[] {
  const script = `${completionScript(program, "bash")}
COMP_WORDS=(turnout ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
compopt() { :; }
_turnout
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["-c", script], { encoding: "utf8" });
  return text.split("\n").filter((word) => word !== "");
}

t.test("bash is offered what can follow", async (t) => {
  t.same(offered(""), ["queue", "dead-letters", "--help"]);
  t.same(offered("de"), ["dead-letters"]);
  t.same(offered("dead-letters", ""), ["list", "--help"]);
  t.same(offered("dead-letters", "list", "--re"), ["--reason"]);
  t.same(offered("queue", "--w"), ["--watch"]);
});

t.test("zsh and fish get scripts of their own", async (t) => {
  t.match(completionScript(program, "zsh"), "bashcompinit");
  const fish = completionScript(program, "fish");
  t.match(fish, "complete -c turnout -n '__fish_seen_subcommand_from queue' -l watch -d 'again and again'");
  t.match(fish, String.raw`-d 'admin\'s reason'`, "with its quotes escaped");
  t.match(fish, "not __fish_seen_subcommand_from queue dead-letters");
});
