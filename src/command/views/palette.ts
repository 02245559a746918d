import { Chalk } from 'chalk'

/** The colours and weights that views use; the plain one leaves text as it is. */
export interface Palette {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
  readonly underline: (text: string) => string
}

const same = (text: string): string => text

export const plainPalette: Palette = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same, underline: same }

export function colourPalette(): Palette {
  const chalk = new Chalk({ level: 1 })
  return {
    bold: chalk.bold,
    dim: chalk.blackBright,
    red: chalk.red,
    green: chalk.green,
    yellow: chalk.yellow,
    cyan: chalk.cyan,
    underline: chalk.underline,
  }
}
