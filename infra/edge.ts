/**
 * The public edge: CloudFront with TLS, HTTP/2 and HTTP/3 caches the event page and its files and passes registrations
 * on uncached. It is the only way in: the load balancer is not public, and internal paths are answered here.
 */
import { Duration, Validations } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  AllowedMethods,
  CachedMethods,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
  type BehaviorOptions,
} from "aws-cdk-lib/aws-cloudfront";
import { VpcOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Construct } from "constructs";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import type { StackConfig } from "./config.ts";
import { edgeRequestCode } from "./edge-request-code.ts";
import type { Network } from "./network.ts";
import { tlsHostName, type Platform } from "./platform.ts";

export interface EdgeProps {
  readonly config: StackConfig;
  readonly event: EventDefinition;
  readonly network: Network;
  readonly platform: Platform;
  /** The web environment's host name, which the load balancer routes by. */
  readonly environmentHostName: string;
  /** ARN of a CloudFront-scoped firewall; undefined for none. */
  readonly firewallArn: string | undefined;
}

/** Errors are passed on and not cached: the next request may succeed. */
const errorsNotKept = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

export class Edge extends Construct {
  readonly distribution: Distribution;
  /** URL of the event page: the custom domain or CloudFront's name. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const { config } = props;
    const behaviour = this.#behaviour(props);
    const page = this.#pageCache();
    const through: BehaviorOptions = {
      ...behaviour,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      // The origin's host name is kept, since the load balancer routes by it.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    };

    this.distribution = new Distribution(this, "Distribution", {
      comment: `Turnout: ${config.stackName} ${config.stage}`,
      httpVersion: HttpVersion.HTTP2_AND_3,
      enableIpv6: true,
      priceClass: PriceClass.PRICE_CLASS_ALL,
      ...(config.domainName && config.certificateArn
        ? {
            domainNames: [config.domainName],
            certificate: Certificate.fromCertificateArn(this, "Certificate", config.certificateArn),
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }
        : {}),
      ...(props.firewallArn === undefined ? {} : { webAclId: props.firewallArn }),
      defaultBehavior: {
        ...behaviour,
        cachePolicy: page,
        functionAssociations: [
          { eventType: FunctionEventType.VIEWER_REQUEST, function: this.#pageRequest(props.event) },
        ],
      },
      additionalBehaviors: {
        "/assets/*": { ...behaviour, cachePolicy: CachePolicy.CACHING_OPTIMIZED },
        "/progress": { ...behaviour, cachePolicy: this.#progressCache() },
        "/registrations*": { ...through, allowedMethods: AllowedMethods.ALLOW_ALL },
        ...(config.mailFrom === undefined
          ? {}
          : {
              "/link-requests*": { ...through, allowedMethods: AllowedMethods.ALLOW_ALL },
              // The form for it, and what is said after it.
              "/lost-link*": through,
            }),
        "/health": through,
        "/ready": through,
        "/openapi.json": through,
      },
      errorResponses: errorsNotKept.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
    });
    this.url = `https://${config.domainName ?? this.distribution.distributionDomainName}`;
    this.#acknowledge(config);
  }

  #behaviour({ config, network, platform, environmentHostName }: EdgeProps) {
    const tls = config.domainName !== undefined;
    const origin = VpcOrigin.withApplicationLoadBalancer(platform.loadBalancer, {
      domainName: config.domainName === undefined ? environmentHostName : tlsHostName(config.domainName),
      protocolPolicy: tls ? OriginProtocolPolicy.HTTPS_ONLY : OriginProtocolPolicy.HTTP_ONLY,
      originSslProtocols: [OriginSslPolicy.TLS_V1_2],
      readTimeout: Duration.seconds(30),
      // Below the load balancer's 60 seconds.
      keepaliveTimeout: Duration.seconds(45),
      connectionAttempts: 2,
      connectionTimeout: Duration.seconds(5),
    });
    // CloudFront requires an attached internet gateway in the network, although no traffic uses it.
    this.node.addDependency(...network.attachedGateway);
    return {
      origin,
      compress: true,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      cachedMethods: CachedMethods.CACHE_GET_HEAD,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      responseHeadersPolicy: this.#securityHeaders(),
    };
  }

  /** The web tier sets the lifetime, up to the event's next phase; this only defines the cache key. */
  #pageCache(): CachePolicy {
    return new CachePolicy(this, "PageCache", {
      comment: "Turnout: the event page, by language",
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.seconds(0),
      maxTtl: Duration.days(1),
      headerBehavior: CacheHeaderBehavior.allowList("Accept-Language"),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
      enableAcceptEncodingBrotli: true,
      enableAcceptEncodingGzip: true,
    });
  }

  /** One copy for everybody, for a second: nothing of a request is part of the key or reaches the origin. */
  #progressCache(): CachePolicy {
    return new CachePolicy(this, "ProgressCache", {
      comment: "Turnout: how far the queue is",
      minTtl: Duration.seconds(1),
      defaultTtl: Duration.seconds(1),
      maxTtl: Duration.seconds(1),
      headerBehavior: CacheHeaderBehavior.none(),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
    });
  }

  /** For all answers. The page's content security policy comes from the web tier. */
  #securityHeaders(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, "SecurityHeaders", {
      comment: "Turnout: on every answer",
      securityHeadersBehavior: {
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: false,
          preload: false,
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      },
    });
  }

  #pageRequest(event: EventDefinition): EdgeFunction {
    return new EdgeFunction(this, "PageRequest", {
      comment: "Turnout: the event page only, in one of its languages",
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(edgeRequestCode(event)),
    });
  }

  #acknowledge(config: StackConfig): void {
    const reasons: Record<string, string> = {
      "AwsSolutions-CFR1": "Who may come to an event is the organiser's business; no country is rejected.",
      "AwsSolutions-CFR3":
        "An access log would hold people's addresses, and receipts, which are the keys to their status.",
    };
    if (!config.waf)
      reasons["AwsSolutions-CFR2"] = "The firewall is an option (context `waf`), off by default for its cost.";
    if (config.domainName === undefined) {
      reasons["AwsSolutions-CFR4"] =
        "CloudFront's own name comes with CloudFront's own policy; an own domain sets TLS 1.2.";
      reasons["AwsSolutions-CFR5"] =
        "The way to the origin stays inside AWS's private network; an own domain makes it TLS.";
    }
    for (const [rule, reason] of Object.entries(reasons)) {
      Validations.of(this.distribution).acknowledge({ id: rule, reason });
    }
  }
}
