/** Pages and their data: the state of the data path, read each second, sent to pages, scripts and Prometheus. */
export { Pages, type PagesParts } from "./pages";
