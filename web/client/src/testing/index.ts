/** Fakes that pass for the real thing: for the tests of this package, and of applications that use it. */

export { MemoryLayer } from "./layer.ts";
export { type Autopilot, FakePage, type HeldImage, type HeldRequest } from "./page.ts";
export { FakeService, fakeId } from "./service.ts";
