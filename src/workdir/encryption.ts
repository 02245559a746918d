import { spawn } from 'node:child_process'
import { diskFileSystem, loadModule, type Module, StaticScope, selectConfigFiles, type VariableInput } from '../config/index.ts'
import type { Value } from '../cty/index.ts'
import { type Diagnosed, DiagnosticError, Diagnostics } from '../diags/index.ts'
import {
  decodeEncryption,
  type Encryption,
  type EncryptionBlocks,
  type EncryptionSurroundings,
  looksSealed,
  mergeEncryption,
  openEncryption,
  parseEncryption,
  type RunProgram,
  type Seal,
} from '../encryption/index.ts'
import { readStateFile, type StateFile } from '../states/index.ts'
import { awsKeys } from './aws-keys.ts'
import { earlyOptions } from './configuration.ts'
import { requestSender } from './send-request.ts'
import type { Settings } from './settings.ts'
import type { GivenVariable } from './variables.ts'
import { terraformVersion } from './versions.ts'

export const noEncryption: Encryption = { state: undefined, plan: undefined, remoteStates: undefined }

/** Values for the root module's variables: as given on the command line, or worked out already. */
export type EarlyVariables = readonly GivenVariable[] | ReadonlyMap<string, Value>

/** How states and plans of a configuration are encrypted: by the `encryption` block of its root module and TF_ENCRYPTION. Undefined with errors. */
export function encryptionOf(module: Module, settings: Settings, given: EarlyVariables, diags: Diagnostics): Encryption | undefined {
  const own = new Diagnostics()
  let blocks: EncryptionBlocks | undefined
  for (const { body } of module.encryption) blocks = mergeEncryption(blocks, decodeEncryption(body, own))
  const text = settings.environment.TF_ENCRYPTION
  if (text !== undefined && text.trim() !== '') blocks = mergeEncryption(blocks, parseEncryption(text, own))
  if (blocks === undefined) return noEncryption
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const scope = new StaticScope(module, earlyOptions(settings, given).early!)
  const surroundings: EncryptionSurroundings = {
    evaluate: (expr, needer, found) => scope.evaluate(expr, needer, found),
    run: runProgram,
    send: requestSender(settings.environment),
    aws: awsKeys(settings.environment),
    readFile: (path) => diskFileSystem().readFile(path),
    environment: settings.environment,
  }
  return openEncryption(blocks, surroundings, diags)
}

/** The settings, with how the states of other configurations are encrypted. */
export function withEncryption(settings: Settings, { remoteStates }: Encryption): Settings {
  return remoteStates === undefined ? settings : { ...settings, providers: { ...settings.providers, remoteStateSeals: remoteStates } }
}

/** `encryptionOf` for the working directory, whose configuration is read only where it or the environment speaks of encryption. */
export function currentEncryption(settings: Settings, given: EarlyVariables, diags: Diagnostics): Encryption | undefined {
  if (!settings.environment.TF_ENCRYPTION && !mentions(/\bencryption\b/)) return noEncryption
  const own = new Diagnostics()
  const module = loadModule('.', diskFileSystem(), own, { version: terraformVersion })
  if (own.hasErrors) {
    diags.addAll(own.items)
    return undefined
  }
  return module === undefined ? noEncryption : encryptionOf(module, settings, given, diags)
}

/** Whether any configuration file of the working directory has such text. */
function mentions(pattern: RegExp): boolean {
  const files = diskFileSystem()
  const { primary, override } = selectConfigFiles(files.readDir('.') ?? [])
  return [...primary, ...override].some((name) => pattern.test(files.readFile(name) ?? ''))
}

/** Values of variables that are known, for `encryptionOf`. */
export function knownValues(variables: ReadonlyMap<string, VariableInput>, over: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>()
  for (const [name, { value }] of variables) if (value !== undefined) values.set(name, value)
  return new Map([...values, ...over])
}

/** Reads a snapshot that a person has pointed to, encrypted or not. */
export async function readSnapshot(content: Uint8Array, seal: () => Seal | undefined): Promise<Diagnosed<StateFile | undefined>> {
  const found = looksSealed(content) ? seal() : undefined
  if (found === undefined) return readStateFile(content)
  try {
    return readStateFile((await found.open(content)).plain)
  } catch (error) {
    if (error instanceof DiagnosticError) return { value: undefined, diags: error.diags }
    throw error
  }
}

/** What it writes to its standard error the user sees. */
const runProgram: RunProgram = ([program = '', ...args], input) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const output: Buffer[] = []
    child.stdout.on('data', (bytes: Buffer) => output.push(bytes))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output).toString('utf8'))
      else reject(new Error(signal === null ? `it ended with the status ${code}` : `it was ended by ${signal}`))
    })
    // A program that does not read its input may have gone already.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
