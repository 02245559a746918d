/** How init talks with people. */
export interface BackendDialog {
  /** Says what happens, a line or more. `code` is how programs that read along know it. */
  say(text: string, code?: string): void
  /** False: nobody may be asked. */
  readonly input: boolean
  /** Asks for one line; undefined at the end of the input and once `stop` is aborted. */
  ask(question: string, explanation: string): Promise<string | undefined>
  /** Aborted when people want no more to be begun. */
  readonly stop: AbortSignal
}

/** Why a question has no answer. */
export function noAnswer({ stop }: BackendDialog): string {
  return stop.aborted ? 'interrupted' : 'EOF'
}
