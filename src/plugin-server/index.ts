export { type ServeOptions, serveProvider } from './serve-provider.ts'
