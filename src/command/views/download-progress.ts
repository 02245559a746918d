import type { View } from './view.ts'

const intervalMs = 200

/** How far a download is, on one line of a terminal that is written over; nothing elsewhere. */
export class DownloadProgress {
  readonly #view: View
  readonly #now: () => number
  #shownAt = Number.NEGATIVE_INFINITY
  #isShown = false

  constructor(view: View, now: () => number = Date.now) {
    this.#view = view
    this.#now = now
  }

  /** `total` is undefined when the server does not say. */
  show(bytes: number, total: number | undefined): void {
    if (!this.#view.streams.outIsTerminal || !this.#view.options.colour || this.#now() - this.#shownAt < intervalMs) return
    this.#shownAt = this.#now()
    this.#isShown = true
    const share = total === undefined || total === 0 ? '' : ` of ${megabytes(total)} (${Math.floor((bytes / total) * 100)}%)`
    this.#view.print(`\r\x1b[K  ${megabytes(bytes)}${share}`)
  }

  /** Makes room for a line of text. */
  clear(): void {
    if (this.#isShown) this.#view.print('\r\x1b[K')
    this.#isShown = false
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
