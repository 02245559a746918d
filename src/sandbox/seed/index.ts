export { type LoadService, type Organization, seedOrganization } from './organization.ts'
