export { commands } from './commands.ts'
export type { Command, CommandContext } from './context.ts'
export { type Invocation, main } from './main.ts'
