import type * as crypto from 'node:crypto'
import { createRequire } from 'node:module'
import type bcryptjs from 'bcryptjs'
import type * as re2js from 're2js'
import type * as yaml from 'yaml'

/*
 * Libraries, and a part of Node, that few configurations need, loaded by the first call that does. Calls are synchronous, so this is no `import()`;
 * scripts/lazy-libraries.js makes the bundler see what is required here.
 */
const require = createRequire(import.meta.url)

export function loadRe2(): typeof re2js {
  return require('re2js')
}

export function loadYaml(): typeof yaml {
  return require('yaml')
}

export function loadBcrypt(): typeof bcryptjs {
  return require('bcryptjs')
}

export function loadCrypto(): typeof crypto {
  return require('node:crypto')
}
