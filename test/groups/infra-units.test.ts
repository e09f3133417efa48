/** The unit tests of infra/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "infra");
