const never = new Int32Array(new SharedArrayBuffer(4))

/** Does nothing for so long, and lets nobody else in this process do anything either. */
export function pauseMs(ms: number): void {
  if (ms > 0) Atomics.wait(never, 0, 0, ms)
}
