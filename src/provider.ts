/**
 * The public interface for those who write providers, exported as `landform/provider`. Loaded by a Landform that is running it gives
 * out that program's own copy, so that values are of one kind; alone, for a provider that serves itself, it is a library like any other.
 */
export { type ServeOptions, serveProvider } from './plugin-server/index.ts'
export * from './providers/authoring.ts'
