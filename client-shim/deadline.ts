/** What was waited for did not come in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'

  /** `what` is a noun: "waited 500 ms for an answer to shutdown". */
  constructor(ms: number, what: string, options?: ErrorOptions) {
    super(`waited ${ms} ms for ${what}`, options)
  }
}

/** What `promise` gives, or a DeadlineError once `ms` have passed. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(ms, what)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
