export * from './objchange/index.ts'
export * from './plan.ts'
export { relevantDrift } from './relevant.ts'
