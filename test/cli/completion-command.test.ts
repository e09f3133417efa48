import { execFileSync } from "node:child_process";
import t from "tap";
import { runCommand } from "../equipment/command-run.ts";

t.test("each shell gets a script that knows every command", async (t) => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await runCommand(["completion", shell]);
    t.equal(code, 0);
    for (const word of ["queue", "dead-letters", "replay", "canary", "registrations", "forget"]) t.match(stdout, word);
  }
});

t.test("bash takes it as it is", async (t) => {
  const { stdout } = await runCommand(["completion", "bash"]);
  const script = `${stdout}\nCOMP_WORDS=(turnout dead-letters replay --can); COMP_CWORD=3; _turnout; echo "\${COMPREPLY[@]}"`;
  t.equal(execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim(), "--canary");
});
