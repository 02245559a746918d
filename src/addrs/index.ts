export * from './addrs.ts'
