/** The unit tests of web/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "web");
