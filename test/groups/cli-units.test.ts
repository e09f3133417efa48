/** The unit tests of cli/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "cli");
