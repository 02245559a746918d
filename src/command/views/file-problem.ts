const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
}

/** Why a file could not be used, as Terraform says it: `open plans/x: no such file or directory`. */
export function fileProblem(call: 'open' | 'stat', path: string, error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return `${call} ${path}: ${reasons[code] ?? message}`
}
