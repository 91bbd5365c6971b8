/** What is asked of the machine beside its file system: who runs, and who answers. */
export interface Host {
  readonly name: string
  /** Tells machines of one name apart, and stays the same over boots; undefined where the system has nothing such. */
  readonly machine: string | undefined
  /** Changes with every boot of the machine, so that a process id of an earlier boot means nothing. */
  readonly boot: string
  readonly pid: number
  /** The user's id; `undefined` on Windows. */
  readonly uid: number | undefined
  /** The user's home folder. */
  readonly home: string
  /** The system's folder for temporary files. */
  readonly temporary: string
  now(): Date
  /** `bytes` random bytes, as hex. */
  random(bytes: number): string
  /**
   * When a process began, in a form that only compares; `undefined` where no such process runs.
   * Process ids are used again: the same id with another start is another process.
   */
  processStart(pid: number): Promise<string | undefined>
  /** Whether a process runs that is this one's parent, or a parent of that. */
  isAbove(pid: number): boolean
  /** Whether a process runs. One that has ended, and that its parent has not waited for, does not. */
  runs(pid: number): boolean
  /**
   * Answers every caller at `address` (a socket's path) with one line, until closed.
   * Does not keep the process alive.
   */
  listen(address: string, answer: Answer): Promise<Listener>
  /** Calls at `address`: whether somebody is there, and the line they answered, if they did in time. */
  call(address: string, asking?: Asking): Promise<Call>
  /** Whether a socket is open at `address`, without a call there; Linux alone tells, elsewhere none is seen. */
  hasSocket(address: string): boolean
}

/** `request`: the line that the caller has sent; undefined: it only wants to know who is there. */
export type Answer = (request: string | undefined) => string | Promise<string>

/** What somebody is called for. */
export interface Asking {
  readonly request: string
  /** How long the answer may take, in milliseconds. */
  readonly within: number
}

export interface Listener {
  close(): Promise<void>
}

export type Call =
  | { readonly answered: false }
  | { readonly answered: true; readonly line: string | undefined }
