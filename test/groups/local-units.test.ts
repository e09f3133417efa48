/** The unit tests of local/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "local");
