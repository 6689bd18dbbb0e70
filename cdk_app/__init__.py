"""The CDK entry point and the typed settings; the only reader of context and environment."""
