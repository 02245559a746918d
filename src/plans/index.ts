export * from './objchange/index.ts'
export * from './plan.ts'
