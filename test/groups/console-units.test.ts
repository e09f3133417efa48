/** The unit tests of console/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "console");
