/** An operating system and a machine, named as Go names them: `linux` and `amd64`. */
export interface Platform {
  readonly os: string
  readonly arch: string
}

const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }
const machines: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** The platform this program runs on. */
export function currentPlatform(): Platform {
  return { os: systems[process.platform] ?? process.platform, arch: machines[process.arch] ?? process.arch }
}

/** `linux_amd64`, as in names of packages. */
export function platformToString(platform: Platform): string {
  return `${platform.os}_${platform.arch}`
}

/** Undefined when the text is not of the form `OS_ARCH`. */
export function parsePlatform(text: string): Platform | undefined {
  const match = /^([a-z0-9]+)_([a-z0-9]+)$/.exec(text)
  return match === null ? undefined : { os: match[1]!, arch: match[2]! }
}
