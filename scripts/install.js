// Installs the locked packages and tells how far it is on one line.
import { spawn } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'

// npm would empty the folder that it leads to, which is another checkout's.
if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) {
  process.stderr.write(
    'node_modules is a link to a folder of another checkout: remove the link to install packages here, or run "npm ci" there\n',
  )
  process.exit(1)
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
// Those for other platforms stay out, and nested ones are not counted below.
const total = Object.entries(packages).filter(([path, { optional }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !optional).length
const began = Date.now()
const seconds = () => Math.round((Date.now() - began) / 1000)
const line = (text, end = '') => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}${end}` : end === '' ? '' : `${text}${end}`)

if (!process.stderr.isTTY) process.stderr.write(`Installing ${total} packages\n`)
const timer = setInterval(() => line(`Installing packages: ${Math.min(countInstalled(), total)} of ${total}, ${seconds()} s`), 500)
const child = spawn('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error', '--progress=false'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
let errors = ''
child.stderr.on('data', (chunk) => {
  errors += chunk
})
child.on('error', (error) => finish(1, error.message))
child.on('close', (status) => finish(status ?? 1, errors))

function finish(status, text) {
  clearInterval(timer)
  if (status === 0) line(`Installed ${total} packages in ${seconds()} s`, '\n')
  else {
    line('Installing packages failed:', '\n')
    process.stderr.write(`${text.trim()}\n`)
  }
  process.exitCode = status
}

/** Folders of packages that are there by now. */
function countInstalled() {
  try {
    return readdirSync('node_modules', { withFileTypes: true })
      .filter((e) => e.isDirectory() && !e.name.startsWith('.'))
      .reduce((sum, e) => sum + (e.name.startsWith('@') ? readdirSync(`node_modules/${e.name}`).length : 1), 0)
  } catch {
    return 0
  }
}
