/** The tests of shared/ against the embedded engines. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("engine", "shared");
