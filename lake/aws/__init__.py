"""The lake on AWS, from the machine of whoever asks: boto3 alone, no CDK and no Spark."""
