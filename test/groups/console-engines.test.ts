/** The tests of the console against the embedded engines. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("engine", "console");
