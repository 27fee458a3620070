"""The collection in integrations/ansible, held against real releases of Ansible, over real connections."""
