/** The tests of the rooms with a few files against the embedded engines. */
import { runGroup } from "../equipment/test-group.ts";

runGroup("engine", "deploy", "load", "local", "terminal", "web");
