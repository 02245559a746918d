export { formatFile } from './format.ts'
export { layOut } from './layout.ts'
