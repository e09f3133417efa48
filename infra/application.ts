/**
 * What both tiers run: one Elastic Beanstalk application, one version of one bundle, and the secret key of the
 * receipts.
 */
import { RemovalPolicy, Validations } from "aws-cdk-lib";
import { CfnApplication, CfnApplicationVersion } from "aws-cdk-lib/aws-elasticbeanstalk";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";

export interface ApplicationProps {
  /** The zip made by `npm run bundle`. */
  readonly bundlePath: string;
}

export class Application extends Construct {
  readonly applicationName: string;
  readonly versionLabel: string;
  readonly receiptKeys: Secret;

  constructor(scope: Construct, id: string, { bundlePath }: ApplicationProps) {
    super(scope, id);
    this.applicationName = new CfnApplication(this, "Application", {
      description: "Turnout: registrations for one event",
    }).ref;
    const bundle = new Asset(this, "Bundle", { path: bundlePath });
    this.versionLabel = new CfnApplicationVersion(this, "Version", {
      applicationName: this.applicationName,
      description: bundle.assetHash,
      sourceBundle: { s3Bucket: bundle.s3BucketName, s3Key: bundle.s3ObjectKey },
    }).ref;
    this.receiptKeys = new Secret(this, "ReceiptKeys", {
      description: "Turnout: keys that seal receipts, the first one seals and all open",
      // 43 letters and digits are 32 bytes in base64; the bundle adds a key id at start.
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.receiptKeys).acknowledge({
      id: "AwsSolutions-SMG4",
      reason:
        "A receipt must open for as long as its event matters; keys are rotated by hand, the old one kept behind the new.",
    });
  }
}
