-- A UnifiedPush server on loopback: Prosody with its unified_push module. The
-- test plays the distributor, as an external component (XEP-0114).
run_as_root = true
daemonize = false
pidfile = "%[1]s/prosody.pid"
data_path = "%[1]s"
log = { warn = "*console" }
modules_enabled = { "disco" }
modules_disabled = { "c2s", "s2s" }
http_ports = { %[2]d }
http_interfaces = { "127.0.0.1" }
https_ports = { }
http_external_url = "http://127.0.0.1:%[2]d/"
http_default_host = "push.test"
component_ports = { %[3]d }
component_interfaces = { "127.0.0.1" }

VirtualHost "push.test"
  modules_enabled = { "unified_push" }
  unified_push_acl = { "distributor.test" }

Component "distributor.test"
  component_secret = "loopback"
