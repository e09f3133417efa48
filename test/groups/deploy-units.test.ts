/** The unit tests of deploy/. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("unit", "deploy");
