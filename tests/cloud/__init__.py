"""The infrastructure's tests: templates, policies, and deployments against a stand-in for AWS."""
