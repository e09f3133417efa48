/** The chart library, which the console serves under this name, has the types of its package. */
export { default } from "uplot";
