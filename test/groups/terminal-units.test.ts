/** The unit tests of terminal/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "terminal");
