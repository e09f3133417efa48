/** The unit tests of admin/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "admin");
