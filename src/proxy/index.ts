export { openTunnel, proxyAgent, proxyAgents } from './agents.ts'
export { ProxyError, type ProxySettings, proxyAuthorization, proxyFor, proxySettingsOf } from './proxy-for.ts'
export { type SentRequest, type ServerAnswer, sendRequest } from './send-request.ts'
