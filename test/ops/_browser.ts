import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** The browser that `LANDFORM_BROWSER` names, or a Chromium on the path; undefined where there is none. */
export function tryFindBrowser(): string | undefined {
  const named = process.env.LANDFORM_BROWSER
  if (named !== undefined && named !== '') return named
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
      const path = join(dir, name)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // It is not there.
      }
    }
  }
  return undefined
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly sessionId?: string
  readonly params?: Readonly<Record<string, never>>
  readonly result?: Readonly<Record<string, never>>
  readonly error?: { readonly message: string }
}

/** What a page did beside being shown. */
export interface Misdeeds {
  /** Addresses that it asked for. */
  readonly requests: string[]
  readonly dialogs: string[]
  /** Errors, and what was written to the console. */
  readonly logged: string[]
}

/** A Chromium without a window, driven by its DevTools protocol over a pipe. Pages reach nothing: whatever they ask for is noted and refused. */
export class Browser {
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>()
  readonly #pages = new Map<string, (message: Message) => void>()
  #last = 0

  private constructor(child: ChildProcess, profile: string) {
    this.#process = child
    this.#profile = profile
    let rest = ''
    const answers = child.stdio[4] as Readable
    answers.setEncoding('utf8')
    answers.on('data', (chunk: string) => {
      const texts = (rest + chunk).split('\0')
      rest = texts.pop()!
      for (const text of texts) this.#take(JSON.parse(text) as Message)
    })
    // A browser that is gone answers nothing more.
    ;(child.stdio[3] as Writable).on('error', () => {})
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The browser has ended (${signal ?? code}).`))
    })
  }

  static start(path: string): Browser {
    const profile = mkdtempSync(join(tmpdir(), 'landform-browser-'))
    // Its own sandbox needs rights that containers lack; it shows nothing but pages of ours that reach nothing.
    const flags = [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--force-color-profile=srgb'],
      ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--font-render-hinting=none'],
    ]
    const child = spawn(path, [...flags, `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    return new Browser(child, profile)
  }

  call<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.#last
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      ;(this.#process.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  }

  #take({ id, error, result, ...message }: Message): void {
    if (id === undefined) {
      this.#pages.get(message.sessionId ?? '')?.(message)
      return
    }
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result as never)
    else waiting?.reject(new Error(error.message))
  }

  async page(): Promise<Page> {
    const { targetId } = await this.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.call<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page(this, targetId, sessionId)
    this.#pages.set(sessionId, (message) => page.take(message))
    await page.prepare()
    return page
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    if (this.#process.exitCode === null) {
      await this.call('Browser.close').catch(() => this.#process.kill('SIGKILL'))
      await ended
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Where a page seems to come from; nothing is there. */
const address = 'https://forge.test/comment'

export class Page {
  readonly #browser: Browser
  readonly #target: string
  readonly #session: string
  #html = ''
  #loaded: () => void = () => {}
  misdeeds: Misdeeds = { requests: [], dialogs: [], logged: [] }

  constructor(browser: Browser, target: string, session: string) {
    this.#browser = browser
    this.#target = target
    this.#session = session
  }

  #call<T = unknown>(method: string, params: object = {}): Promise<T> {
    return this.#browser.call<T>(method, params, this.#session)
  }

  async prepare(): Promise<void> {
    await Promise.all([
      this.#call('Page.enable'),
      this.#call('Runtime.enable'),
      this.#call('Log.enable'),
      this.#call('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
    ])
  }

  take({ method, params }: Message): void {
    const p = params as unknown as Readonly<Record<string, never>>
    switch (method) {
      case 'Page.loadEventFired':
        this.#loaded()
        break
      case 'Page.javascriptDialogOpening':
        this.misdeeds.dialogs.push(p.message!)
        void this.#call('Page.handleJavaScriptDialog', { accept: false })
        break
      case 'Runtime.exceptionThrown':
      case 'Runtime.consoleAPICalled':
      case 'Log.entryAdded':
        this.misdeeds.logged.push(JSON.stringify(p))
        break
      case 'Fetch.requestPaused':
        void this.#answer(p.requestId!, (p.request as unknown as { url: string }).url)
        break
    }
  }

  async #answer(requestId: string, url: string): Promise<void> {
    if (url === address) {
      const body = Buffer.from(this.#html).toString('base64')
      const responseHeaders = [{ name: 'Content-Type', value: 'text/html; charset=utf-8' }]
      await this.#call('Fetch.fulfillRequest', { requestId, responseCode: 200, responseHeaders, body })
      return
    }
    this.misdeeds.requests.push(url)
    await this.#call('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' })
  }

  /** Shows a document, and waits until all of it is there. @param width of the window, in pixels */
  async show(html: string, width: number): Promise<void> {
    this.misdeeds = { requests: [], dialogs: [], logged: [] }
    this.#html = html
    await this.#call('Emulation.setDeviceMetricsOverride', { width, height: 800, deviceScaleFactor: 1, mobile: false })
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve
    })
    await this.#call('Page.navigate', { url: address })
    await loaded
    await this.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))')
  }

  /** The value of an expression in the page, which must be JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#call<{ result: { value: T }; exceptionDetails?: { text: string } }>(
      'Runtime.evaluate',
      {
        expression,
        awaitPromise: true,
        returnByValue: true,
      },
    )
    if (exceptionDetails !== undefined) throw new Error(`${exceptionDetails.text}: ${JSON.stringify(result)}`)
    return result.value
  }

  /** A PNG of an element. @param mostHeight where it is cut, in pixels */
  async picture(selector: string, mostHeight: number): Promise<Buffer> {
    const box = await this.evaluate<{ x: number; y: number; width: number; height: number }>(
      `(({ x, y, width, height }) => ({ x, y, width, height }))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`,
    )
    const clip = { ...box, height: Math.min(box.height, mostHeight), scale: 1 }
    const { data } = await this.#call<{ data: string }>('Page.captureScreenshot', { format: 'png', clip, captureBeyondViewport: true })
    return Buffer.from(data, 'base64')
  }

  async close(): Promise<void> {
    await this.#browser.call('Target.closeTarget', { targetId: this.#target })
  }
}
