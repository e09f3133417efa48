import { t } from "../equipment/file-test.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();
const full = (await synthesized({ settings: fullSettings })).main;

const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const allViewerExceptHost = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

interface Behaviour {
  readonly PathPattern?: string;
  readonly AllowedMethods: readonly string[];
}

interface DistributionConfig extends Record<string, unknown> {
  readonly DefaultCacheBehavior: Behaviour;
  readonly CacheBehaviors: readonly Behaviour[];
  readonly CustomErrorResponses: readonly { readonly ErrorCachingMinTTL: number }[];
}

function distribution(template: typeof main): DistributionConfig {
  return only(template, "AWS::CloudFront::Distribution").Properties["DistributionConfig"] as DistributionConfig;
}

function behaviour(path: string): Behaviour | undefined {
  return distribution(main).CacheBehaviors.find((one) => one.PathPattern === path);
}

function cachePolicy(name: RegExp): unknown {
  return resources(main, "AWS::CloudFront::CachePolicy").find(([id]) => name.test(id))?.[1].Properties[
    "CachePolicyConfig"
  ];
}

t.test("the event page is cached, compressed, by language", async (t) => {
  t.match(distribution(main).DefaultCacheBehavior, {
    AllowedMethods: ["GET", "HEAD"],
    Compress: true,
    CachePolicyId: { Ref: /^EdgePageCache/ },
    FunctionAssociations: [{ EventType: "viewer-request" }],
  });
  t.match(cachePolicy(/^EdgePageCache/), {
    MinTTL: 0,
    DefaultTTL: 0,
    ParametersInCacheKeyAndForwardedToOrigin: {
      HeadersConfig: { HeaderBehavior: "whitelist", Headers: ["Accept-Language"] },
      QueryStringsConfig: { QueryStringBehavior: "none" },
      CookiesConfig: { CookieBehavior: "none" },
      EnableAcceptEncodingBrotli: true,
      EnableAcceptEncodingGzip: true,
    },
  });
});

t.test("its files are cached for as long as they say", async (t) => {
  t.match(behaviour("/assets/*"), { CachePolicyId: cachingOptimized, Compress: true, AllowedMethods: ["GET", "HEAD"] });
});

t.test("how far the queue is reaches the tier once a second, whatever a request has in it", async (t) => {
  t.match(behaviour("/progress"), { AllowedMethods: ["GET", "HEAD"], CachePolicyId: { Ref: /^EdgeProgressCache/ } });
  t.notOk("OriginRequestPolicyId" in (behaviour("/progress") ?? {}), "nothing of the request is passed on");
  t.match(cachePolicy(/^EdgeProgressCache/), {
    MinTTL: 1,
    DefaultTTL: 1,
    MaxTTL: 1,
    ParametersInCacheKeyAndForwardedToOrigin: {
      HeadersConfig: { HeaderBehavior: "none" },
      QueryStringsConfig: { QueryStringBehavior: "none" },
      CookiesConfig: { CookieBehavior: "none" },
      EnableAcceptEncodingBrotli: false,
      EnableAcceptEncodingGzip: false,
    },
  });
});

t.test("nothing about registrations is ever cached, and every method passes", async (t) => {
  t.match(behaviour("/registrations*"), { CachePolicyId: cachingDisabled, OriginRequestPolicyId: allViewerExceptHost });
  t.ok(behaviour("/registrations*")?.AllowedMethods.includes("POST"));
});

t.test(
  "requests for a link pass uncached where there is mail, and are answered here where there is none",
  async (t) => {
    for (const path of ["/link-requests*", "/lost-link*"]) {
      const links = distribution(full).CacheBehaviors.find((one) => one.PathPattern === path);
      t.match(links, { CachePolicyId: cachingDisabled, OriginRequestPolicyId: allViewerExceptHost });
      t.equal(links?.AllowedMethods.includes("POST"), path === "/link-requests*", path);
      t.equal(behaviour(path), undefined);
    }
  },
);

t.test("no other path of the web tier can be reached", async (t) => {
  t.strictSame(
    distribution(main).CacheBehaviors.map((one) => one.PathPattern),
    ["/assets/*", "/progress", "/registrations*", "/health", "/ready", "/openapi.json"],
  );
  for (const path of ["/health", "/ready", "/openapi.json"]) {
    t.match(behaviour(path), { CachePolicyId: cachingDisabled, AllowedMethods: ["GET", "HEAD"] });
  }
});

t.test("an error is never kept for the next one who asks", async (t) => {
  const responses = distribution(main).CustomErrorResponses;
  t.ok(responses.length >= 10);
  t.ok(responses.every((response) => response.ErrorCachingMinTTL === 0));
});

t.test("everybody comes by TLS, HTTP/2 or HTTP/3, and gets the security headers", async (t) => {
  const { DefaultCacheBehavior, CacheBehaviors, HttpVersion } = distribution(main);
  t.equal(HttpVersion, "http2and3");
  for (const one of [DefaultCacheBehavior, ...CacheBehaviors]) {
    t.match(one, {
      ViewerProtocolPolicy: "redirect-to-https",
      ResponseHeadersPolicyId: { Ref: /^EdgeSecurityHeaders/ },
    });
  }
  t.match(only(main, "AWS::CloudFront::ResponseHeadersPolicy").Properties["ResponseHeadersPolicyConfig"], {
    SecurityHeadersConfig: {
      StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, Override: true },
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: "DENY" },
      ReferrerPolicy: { ReferrerPolicy: "no-referrer" },
    },
  });
});

t.test("the origin is the private load balancer, asked for by the web environment's own name", async (t) => {
  t.match(only(main, "AWS::CloudFront::VpcOrigin"), {
    Properties: {
      VpcOriginEndpointConfig: { Arn: { Ref: /^PlatformLoadBalancer/ }, OriginProtocolPolicy: "http-only" },
    },
    DependsOn: [/^NetworkVpcVPCGW/],
  });
  t.match(distribution(main)["Origins"], [
    {
      DomainName: { "Fn::GetAtt": [/^LookupsWebHostName/, "Environments.0.CNAME"] },
      VpcOriginConfig: { OriginKeepaliveTimeout: 45 },
    },
  ]);
  t.equal((distribution(main)["Origins"] as unknown[]).length, 1);
});

t.test("an own domain brings its certificate, TLS 1.2, and TLS to the origin", async (t) => {
  t.match(distribution(full), {
    Aliases: ["summit.example.org"],
    ViewerCertificate: { MinimumProtocolVersion: "TLSv1.2_2021", SslSupportMethod: "sni-only" },
    Origins: [{ DomainName: "origin.summit.example.org" }],
  });
  t.match(only(full, "AWS::CloudFront::VpcOrigin").Properties["VpcOriginEndpointConfig"], {
    OriginProtocolPolicy: "https-only",
    OriginSSLProtocols: ["TLSv1.2"],
  });
});

t.test("the firewall is used where it is configured, by the name that its stack left", async (t) => {
  t.match(distribution(full), { WebACLId: { "Fn::GetAtt": [/^LookupsFirewall/, "Parameter.Value"] } });
  t.notOk("WebACLId" in distribution(main));
  t.equal(resources(main, "AWS::WAFv2::WebACL").length, 0);
});

t.test("no access log is kept: a path may hold a receipt", async (t) => {
  t.notOk("Logging" in distribution(main));
});
