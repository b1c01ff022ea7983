/** Cookie by which provisioning's server gives its page the dashboard's port on the same box. */
export const DASHBOARD_PORT_COOKIE = "dashboard-port";
