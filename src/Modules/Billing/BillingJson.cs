using System.Text.Json.Serialization;
using Lectern.Billing.Contracts;
using Lectern.Billing.Ledger;

namespace Lectern.Billing;

/// <summary>How Billing's events and snapshots are stored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(WalletOpened))]
[JsonSerializable(typeof(CreditsGranted))]
[JsonSerializable(typeof(CreditsHeld))]
[JsonSerializable(typeof(CreditsDeducted))]
[JsonSerializable(typeof(HoldReleased))]
[JsonSerializable(typeof(CreditsExpired))]
[JsonSerializable(typeof(CreditsRefunded))]
[JsonSerializable(typeof(CreditsCorrected))]
[JsonSerializable(typeof(SpendingCapsSet))]
[JsonSerializable(typeof(BalanceRanLow))]
[JsonSerializable(typeof(BillingStopped))]
[JsonSerializable(typeof(BillingResumed))]
[JsonSerializable(typeof(Wallet))]
internal sealed partial class BillingJson : JsonSerializerContext;
