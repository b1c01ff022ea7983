/** Coordinator: scales the processors by the policy, performs the changes that people request, keeps the event log. */
export { Coordinator, coordinatorSettings, type CoordinatorParts, type CoordinatorSettings } from "./coordinator";
