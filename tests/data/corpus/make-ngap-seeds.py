#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/unit/ngap_vectors.h and the seeds of the NGAP fuzzer (tests/data/corpus/ngap).

An independent ASN.1 implementation, pycrate (pip install pycrate), encodes the messages made here and decodes them and those of the
recordings; what it reads is the expectation that tests/unit/test_ngap.c compares with, as the line of tests/unit/ngap_text.h.
Nothing of Sauron is used. The same input gives the same bytes. Run it in the top folder of the source tree.
"""
import os
import struct
import subprocess

from pycrate_asn1dir import NGAP

PDU = NGAP.NGAP_PDU_Descriptions.NGAP_PDU
IES = NGAP.NGAP_IEs
INITIATING, SUCCESSFUL, UNSUCCESSFUL = PDUS = ('initiatingMessage', 'successfulOutcome', 'unsuccessfulOutcome')
CRITICALITIES = ('reject', 'ignore', 'notify')


# -- Reading ----------------------------------------------------------------------------------------------------------

def number(octets):
    return int.from_bytes(octets, 'big')


def values(enumeration):
    """The names of an ENUMERATED: the root, then what is beyond it."""
    return list(enumeration._root) + list(enumeration._ext or [])


CAUSES = {'radioNetwork': IES.CauseRadioNetwork, 'transport': IES.CauseTransport, 'nas': IES.CauseNas,
          'protocol': IES.CauseProtocol, 'misc': IES.CauseMisc}


def cause(value):
    return '%d/%d' % (list(CAUSES).index(value[0]), values(CAUSES[value[0]]).index(value[1]))


def slice_text(value):
    return '%d' % number(value['sST']) + ('-%06x' % number(value['sD']) if 'sD' in value else '')


KINDS = ('SETUP_REQUEST SETUP_RESPONSE SETUP_FAILED MODIFY_REQUEST MODIFY_RESPONSE MODIFY_FAILED MODIFY_INDICATION MODIFY_CONFIRM '
         'MODIFY_IND_FAILED RELEASE_COMMAND RELEASE_RESPONSE NOTIFY NOTIFY_RELEASED HANDOVER_REQUIRED HANDOVER_REQUEST '
         'HANDOVER_ADMITTED HANDOVER_FAILED HANDOVER_COMMAND HANDOVER_RELEASE PATH_SWITCH PATH_SWITCH_FAILED PATH_SWITCHED '
         'PATH_RELEASED CONTEXT_RELEASE').split()
SESSION_LISTS = {
    53: 'HANDOVER_ADMITTED', 54: 'MODIFY_FAILED', 55: 'SETUP_FAILED', 56: 'HANDOVER_FAILED', 57: 'PATH_SWITCH_FAILED',
    58: 'SETUP_FAILED', 59: 'HANDOVER_COMMAND', 60: 'CONTEXT_RELEASE', 61: 'HANDOVER_REQUIRED', 62: 'MODIFY_CONFIRM',
    63: 'MODIFY_INDICATION', 64: 'MODIFY_REQUEST', 65: 'MODIFY_RESPONSE', 66: 'NOTIFY', 67: 'NOTIFY_RELEASED', 68: 'PATH_RELEASED',
    69: 'PATH_RELEASED', 70: 'RELEASE_RESPONSE', 71: 'SETUP_REQUEST', 72: 'SETUP_RESPONSE', 73: 'HANDOVER_REQUEST',
    74: 'SETUP_REQUEST', 75: 'SETUP_RESPONSE', 76: 'PATH_SWITCH', 77: 'PATH_SWITCHED', 78: 'HANDOVER_RELEASE',
    79: 'RELEASE_COMMAND', 131: 'MODIFY_IND_FAILED', 132: 'SETUP_FAILED', 133: 'CONTEXT_RELEASE'}
SESSION_TYPES = ('ipv4', 'ipv6', 'ipv4v6', 'ethernet', 'unstructured')
REQUESTED, ACCEPTED, FAILED, RELEASE = range(4)


class Session:
    """A PDU session item and the transfer in it."""

    def __init__(self, kind, item):
        self.kind, self.item = kind, item
        self.tunnel = self.type = self.cause = None
        self.flows = []
        transfer = [name for name in item if name.endswith('Transfer')]
        if transfer:
            self.read(item[transfer[0]][1])

    def take_tunnel(self, information):
        if self.tunnel is None and information:
            address, bits = information[1]['transportLayerAddress']
            self.tunnel = '%s:%x' % (address.to_bytes(bits // 8, 'big').hex(), number(information[1]['gTP-TEID']))

    def take_flows(self, kind, flows):
        for flow in flows or []:
            text = '%d:%d' % (kind, flow['qosFlowIdentifier'])
            parameters = flow.get('qosFlowLevelQosParameters')
            fiveqi = parameters['qosCharacteristics'][1].get('fiveQI') if parameters else None
            text += '/%d' % fiveqi if fiveqi else ''
            text += '!' + cause(flow['cause']) if 'cause' in flow else ''
            self.flows.append(text)

    def take_flows_of_tunnel(self, kind, information, further):
        for one in [information] + [item['qosFlowPerTNLInformation'] for item in further or []]:
            self.take_tunnel(one['uPTransportLayerInformation'])
            self.take_flows(kind, one['associatedQosFlowList'])

    def read_elements(self, elements):
        for element in elements:
            ident, value = element['id'], element['value'][1]
            if ident == 134:
                self.type = SESSION_TYPES.index(value)
            elif ident in (135, 136):
                self.take_flows(REQUESTED, value)
            elif ident == 137:
                self.take_flows(RELEASE, value)
            elif ident == 139:
                self.take_tunnel(value)
            elif ident == 140:
                self.take_tunnel(value[0]['uL-NGU-UP-TNLInformation'])

    def read(self, transfer):
        get = transfer.get
        self.cause = get('cause')
        if 'protocolIEs' in transfer:
            self.read_elements(transfer['protocolIEs'])
        elif self.kind == 'SETUP_RESPONSE':
            self.take_flows_of_tunnel(ACCEPTED, get('dLQosFlowPerTNLInformation'), get('additionalDLQosFlowPerTNLInformation'))
            self.take_flows(FAILED, get('qosFlowFailedToSetupList'))
        elif self.kind == 'MODIFY_RESPONSE':
            self.take_tunnel(get('dL-NGU-UP-TNLInformation'))
            self.take_tunnel(get('uL-NGU-UP-TNLInformation'))
            self.take_flows(ACCEPTED, get('qosFlowAddOrModifyResponseList'))
            self.take_flows(FAILED, get('qosFlowFailedToAddOrModifyList'))
        elif self.kind == 'MODIFY_INDICATION':
            self.take_flows_of_tunnel(REQUESTED, get('dLQosFlowPerTNLInformation'), get('additionalDLQosFlowPerTNLInformation'))
        elif self.kind == 'MODIFY_CONFIRM':
            self.take_flows(ACCEPTED, get('qosFlowModifyConfirmList'))
            self.take_tunnel(get('uLNGU-UP-TNLInformation'))
            self.take_flows(FAILED, get('qosFlowFailedToModifyList'))
        elif self.kind == 'NOTIFY':
            for flow in get('qosFlowNotifyList', []):
                self.take_flows(ACCEPTED if flow['notificationCause'] == 'fulfilled' else FAILED, [flow])
            self.take_flows(RELEASE, get('qosFlowReleasedList'))
        elif self.kind == 'HANDOVER_ADMITTED':
            self.take_tunnel(get('dL-NGU-UP-TNLInformation'))
            self.take_flows(ACCEPTED, get('qosFlowSetupResponseList'))
            self.take_flows(FAILED, get('qosFlowFailedToSetupList'))
        elif self.kind == 'HANDOVER_COMMAND':
            self.take_tunnel(get('dLForwardingUP-TNLInformation'))
            for extension in get('iE-Extensions', []):
                self.take_flows(FAILED, extension['extensionValue'][1])
        elif self.kind == 'PATH_SWITCH':
            self.take_tunnel(get('dL-NGU-UP-TNLInformation'))
            self.take_flows(ACCEPTED, get('qosFlowAcceptedList'))
        elif self.kind == 'PATH_SWITCHED':
            self.take_tunnel(get('uL-NGU-UP-TNLInformation'))

    def words(self):
        item = self.item
        yield 'session=%d:%d' % (KINDS.index(self.kind), item['pDUSessionID'])
        for name in ('nAS-PDU', 'pDUSessionNAS-PDU'):
            if name in item:
                yield 'nas=' + item[name].hex()
        slices = [item['s-NSSAI']] if 's-NSSAI' in item else []
        slices += [e['extensionValue'][1] for e in item.get('iE-Extensions', []) if e['id'] == 148]
        yield from ('slice=' + slice_text(value) for value in slices)
        if self.cause:
            yield 'cause=' + cause(self.cause)
        if self.type is not None:
            yield 'type=%d' % self.type
        if self.tunnel:
            yield 'tunnel=' + self.tunnel
        yield from ('flow=' + flow for flow in self.flows)


def node(choice):
    kinds = ('globalGNB-ID', 'globalNgENB-ID', 'globalN3IWF-ID')
    kind = kinds.index(choice[0]) if choice[0] in kinds else 3
    value = choice[1] if kind < 3 else choice[1]['value'][1]
    ident, bits = next(value[name][1] for name in ('gNB-ID', 'ngENB-ID', 'n3IWF-ID', 'w-AGF-ID') if name in value)
    return 'node=%d:%06x-%x/%d' % (kind, number(value['pLMNIdentity']), ident, bits)


def guami(value):
    return 'guami=%06x-%d-%d-%d' % (number(value['pLMNIdentity']), value['aMFRegionID'][0], value['aMFSetID'][0],
                                    value['aMFPointer'][0])


def s_tmsi(value):
    return 'tmsi=%d-%d-%08x' % (value['aMFSetID'][0], value['aMFPointer'][0], number(value['fiveG-TMSI']))


def location(choice):
    name, value = choice
    if name not in ('userLocationInformationNR', 'userLocationInformationEUTRA'):
        return []
    radio = 'nr' if name.endswith('NR') else 'eutra'
    cell = value['nR-CGI' if radio == 'nr' else 'eUTRA-CGI']
    ident = cell['nRCellIdentity' if radio == 'nr' else 'eUTRACellIdentity'][0]
    return ['tai=%06x-%06x' % (number(value['tAI']['pLMNIdentity']), number(value['tAI']['tAC'])),
            'cell=%s:%06x-%x' % (radio, number(cell['pLMNIdentity']), ident)]


def pair(value):
    return 'pair=%s/%s' % (value.get('aMF-UE-NGAP-ID', '-'), value.get('rAN-UE-NGAP-ID', '-'))


def tais(ident, value):
    if ident == 103:
        return [(item['tAI']['pLMNIdentity'], item['tAI']['tAC']) for item in value]
    return [(plmn['pLMNIdentity'], item['tAC']) for item in value for plmn in item['broadcastPLMNList']]


# Where the words of a message stand in its line (tests/unit/ngap_text.h).
ORDER = ('amf= ran= source= establishment= context-request handover= reset-all diagnostics 5g-target cause= nas= tai= cell= node= '
         'name= amf-name= guami= tmsi= ta= allowed= pair=').split()


def element_words(ident, value):
    """What an information element of a message adds to its line, sessions apart."""
    scalars = {10: 'amf=%d', 85: 'ran=%d', 100: 'source=%d'}
    if ident in scalars:
        return [scalars[ident] % value]
    if ident == 90:
        return ['establishment=%d' % values(IES.RRCEstablishmentCause).index(value)]
    if ident == 29:
        return ['handover=%d' % values(IES.HandoverType).index(value)]
    if ident == 88:
        return ['reset-all'] if value[0] == 'nG-Interface' else [pair(item) for item in value[1]]
    if ident == 105 and value[0] == 'targetRANNodeID':
        return ['5g-target', node(value[1]['globalRANNodeID'])]
    if ident == 105:
        return [node(('globalNgENB-ID', value[1]['globalENB-ID']))] if value[0] == 'targeteNB-ID' else []
    if ident == 114:
        ids = value[1] if value[0] == 'uE-NGAP-ID-pair' else {'aMF-UE-NGAP-ID': value[1]}
        return ['amf=%d' % ids['aMF-UE-NGAP-ID']] + ['ran=%d' % ids[n] for n in ('rAN-UE-NGAP-ID',) if n in ids]
    simple = {
        0: lambda: ['allowed=' + slice_text(item['s-NSSAI']) for item in value],
        1: lambda: ['amf-name=' + value.encode().hex()],
        15: lambda: ['cause=' + cause(value)],
        19: lambda: ['diagnostics'],
        26: lambda: [s_tmsi(value)],
        27: lambda: [node(value)],
        28: lambda: [guami(value)],
        38: lambda: ['nas=' + value.hex()],
        82: lambda: ['name=' + value.encode().hex()],
        96: lambda: [guami(value[0]['gUAMI'])],
        102: lambda: ['ta=%06x-%06x' % (number(plmn), number(tac)) for plmn, tac in tais(ident, value)],
        103: lambda: ['ta=%06x-%06x' % (number(plmn), number(tac)) for plmn, tac in tais(ident, value)],
        111: lambda: [pair(item) for item in value],
        112: lambda: ['context-request'],
        115: lambda: [s_tmsi(value[1])],
        121: lambda: location(value),
        273: lambda: ['name=' + value['rANNodeNameUTF8String'].encode().hex()],
    }
    return simple[ident]() if ident in simple else []


def frame(raw):
    """(procedure code, index of the PDU, criticality, information elements)"""
    PDU.from_aper(raw)
    pdu, content = PDU.get_val()
    return (content['procedureCode'], PDUS.index(pdu), CRITICALITIES.index(content['criticality']),
            content['value'][1]['protocolIEs'])


def line(raw):
    code, pdu, criticality, elements = frame(raw)
    words, sessions = [], []
    for element in elements:
        ident, value = element['id'], element['value'][1]
        words += element_words(ident, value)
        if ident in SESSION_LISTS:
            sessions += [word for item in value for word in Session(SESSION_LISTS[ident], item).words()]
    words.sort(key=lambda word: ORDER.index(word.split('=')[0] + ('=' if '=' in word else '')))
    return ' '.join(['%d %d/%d' % (pdu, code, criticality)] + words + sessions)


def recorded_messages(path):
    """NGAP messages of a little-endian pcapng file of Ethernet and IPv4, DATA chunk by DATA chunk."""
    with open(path, 'rb') as file:
        data = file.read()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from('<II', data, at)
        frame_octets = data[at + 28:at + 28 + struct.unpack_from('<I', data, at + 20)[0]] if kind == 6 else b''
        at += length
        if frame_octets[12:14] != b'\x08\x00' or frame_octets[23] != 132:
            continue
        packet = frame_octets[14 + (frame_octets[14] & 15) * 4:14 + struct.unpack_from('>H', frame_octets, 16)[0]]
        chunk = 12
        while chunk + 4 <= len(packet):
            kind, length = struct.unpack_from('>BxH', packet, chunk)
            if kind == 0 and struct.unpack_from('>I', packet, chunk + 12)[0] == 60:
                yield packet[chunk + 16:chunk + length]
            chunk += length + 3 & ~3


# -- Making -----------------------------------------------------------------------------------------------------------

PLMN = b'\x99\xf9\x07'
OTHER_PLMN = b'\x00\xf1\x10'


def element(ident, kind, value, criticality='reject'):
    return {'id': ident, 'criticality': criticality, 'value': (kind, value)}


def ids(amf=1, ran=2):
    return [element(10, 'AMF-UE-NGAP-ID', amf), element(85, 'RAN-UE-NGAP-ID', ran)]


def encode(pdu, code, kind, elements, criticality='reject'):
    value = {'procedureCode': code, 'criticality': criticality, 'value': (kind, {'protocolIEs': elements})}
    PDU.set_val((pdu, value))
    return PDU.to_aper()


IPV4, IPV4_RAN, IPV6 = '0a0a0301', '0a0a0302', '20010db8000000000000000000000001'


def tunnel(address, teid):
    octets = bytes.fromhex(address)
    return ('gTPTunnel', {'transportLayerAddress': (number(octets), len(octets) * 8), 'gTP-TEID': teid.to_bytes(4, 'big')})


def snssai(sst, sd=None):
    return {'sST': bytes([sst])} if sd is None else {'sST': bytes([sst]), 'sD': sd.to_bytes(3, 'big')}


ARP = {'priorityLevelARP': 8, 'pre-emptionCapability': 'may-trigger-pre-emption', 'pre-emptionVulnerability': 'pre-emptable'}
GBR = {
    'maximumFlowBitRateDL': 4000000000000, 'maximumFlowBitRateUL': 1, 'guaranteedFlowBitRateDL': 128000, 'guaranteedFlowBitRateUL': 0,
    'notificationControl': 'notification-requested', 'maximumPacketLossRateDL': 1000, 'maximumPacketLossRateUL': 7,
}


def non_dynamic(fiveqi, **more):
    return {'qosCharacteristics': ('nonDynamic5QI', dict(fiveQI=fiveqi, **more)), 'allocationAndRetentionPriority': ARP}


def dynamic(fiveqi=None):
    descriptor = {'priorityLevelQos': 127, 'packetDelayBudget': 1023, 'packetErrorRate': {'pERScalar': 1, 'pERExponent': 6}}
    if fiveqi:
        descriptor.update({'fiveQI': fiveqi, 'delayCritical': 'delay-critical', 'averagingWindow': 2000, 'maximumDataBurstVolume': 255})
    return {
        'qosCharacteristics': ('dynamic5QI', descriptor), 'allocationAndRetentionPriority': ARP, 'gBR-QosInformation': GBR,
        'reflectiveQosAttribute': 'subject-to', 'additionalQosFlowInformation': 'more-likely',
    }


MADE = {}


def make(name, *message):
    MADE[name] = encode(*message)


make('initial_ue_eutra', INITIATING, 15, 'InitialUEMessage', [element(85, 'RAN-UE-NGAP-ID', 4294967295), element(38, 'NAS-PDU',
    bytes.fromhex('7e0041')), element(121, 'UserLocationInformation', ('userLocationInformationEUTRA',
    {'eUTRA-CGI': {'pLMNIdentity': PLMN, 'eUTRACellIdentity': (0xABCDEF1, 28)}, 'tAI': {'pLMNIdentity': PLMN,
    'tAC': b'\x01\x02\x03'}, 'timeStamp': b'\xe0\0\0\1'})), element(90, 'RRCEstablishmentCause', 'mo-ExceptionData', 'ignore'),
    element(26, 'FiveG-S-TMSI', {'aMFSetID': (1023, 10), 'aMFPointer': (63, 6), 'fiveG-TMSI': b'\xde\xad\xbe\xef'}),
    element(112, 'UEContextRequest', 'requested', 'ignore'), element(0, 'AllowedNSSAI', [{'s-NSSAI': snssai(1)},
    {'s-NSSAI': snssai(255, 0x010203)}])], 'ignore')
make('initial_ue_n3iwf', INITIATING, 15, 'InitialUEMessage', [element(85, 'RAN-UE-NGAP-ID', 1), element(38, 'NAS-PDU',
    bytes.fromhex('7e0041')), element(121, 'UserLocationInformation', ('userLocationInformationN3IWF-with-PortNumber',
    {'iPAddress': (number(bytes.fromhex(IPV6)), 128), 'portNumber': b'\x01\xf4'})), element(90, 'RRCEstablishmentCause',
    'notAvailable', 'ignore')], 'ignore')
make('setup_ng_enb', INITIATING, 21, 'NGSetupRequest', [element(27, 'GlobalRANNodeID', ('globalNgENB-ID', {'pLMNIdentity': PLMN,
    'ngENB-ID': ('shortMacroNgENB-ID', (0x2AAAA, 18))})), element(82, 'RANNodeName', 'ng-eNB 7', 'ignore'), element(102,
    'SupportedTAList', [{'tAC': b'\0\0\1', 'broadcastPLMNList': [{'pLMNIdentity': PLMN,
    'tAISliceSupportList': [{'s-NSSAI': snssai(1)}, {'s-NSSAI': snssai(2, 5)}]}, {'pLMNIdentity': OTHER_PLMN,
    'tAISliceSupportList': [{'s-NSSAI': snssai(1)}]}]}, {'tAC': b'\xff\xff\xfe', 'broadcastPLMNList': [{'pLMNIdentity': PLMN,
    'tAISliceSupportList': [{'s-NSSAI': snssai(1)}]}]}]), element(21, 'PagingDRX', 'v128', 'ignore')])
make('setup_w_agf', INITIATING, 21, 'NGSetupRequest', [element(27, 'GlobalRANNodeID', ('choice-Extensions', {'id': 242,
    'criticality': 'reject', 'value': ('GlobalW-AGF-ID', {'pLMNIdentity': PLMN, 'w-AGF-ID': ('w-AGF-ID', (0x1234, 16))})})),
    element(273, 'Extended-RANNodeName', {'rANNodeNameUTF8String': 'zürich'}, 'ignore')])
make('setup_n3iwf', INITIATING, 21, 'NGSetupRequest', [element(27, 'GlobalRANNodeID', ('globalN3IWF-ID', {'pLMNIdentity': PLMN,
    'n3IWF-ID': ('n3IWF-ID', (0xFFFE, 16))}))])
make('setup_response', SUCCESSFUL, 21, 'NGSetupResponse', [element(1, 'AMFName', 'amf'), element(96, 'ServedGUAMIList',
    [{'gUAMI': {'pLMNIdentity': PLMN, 'aMFRegionID': (2, 8), 'aMFSetID': (1, 10), 'aMFPointer': (0, 6)},
    'backupAMFName': 'other'}, {'gUAMI': {'pLMNIdentity': OTHER_PLMN, 'aMFRegionID': (3, 8), 'aMFSetID': (4, 10),
    'aMFPointer': (5, 6)}}]), element(86, 'RelativeAMFCapacity', 255, 'ignore'), element(19, 'CriticalityDiagnostics',
    {'procedureCode': 21}, 'ignore')])
make('reset_all', INITIATING, 20, 'NGReset', [element(15, 'Cause', ('misc', 'om-intervention'), 'ignore'), element(88,
    'ResetType', ('nG-Interface', 'reset-all'))])
make('reset_part', INITIATING, 20, 'NGReset', [element(15, 'Cause', ('transport', 'transport-resource-unavailable'), 'ignore'),
    element(88, 'ResetType', ('partOfNG-Interface', [{'aMF-UE-NGAP-ID': 1099511627775, 'rAN-UE-NGAP-ID': 4294967295},
    {'aMF-UE-NGAP-ID': 0}, {'rAN-UE-NGAP-ID': 256}, {}]))])
make('reset_ack', SUCCESSFUL, 20, 'NGResetAcknowledge', [element(111, 'UE-associatedLogicalNG-connectionList',
    [{'aMF-UE-NGAP-ID': 70000, 'rAN-UE-NGAP-ID': 3}], 'ignore')])
make('reset_many', INITIATING, 20, 'NGReset', [element(15, 'Cause', ('protocol', 'semantic-error'), 'ignore'), element(88,
    'ResetType', ('partOfNG-Interface', [{'aMF-UE-NGAP-ID': i} for i in range(300)]))])
make('release_by_amf_id', INITIATING, 41, 'UEContextReleaseCommand', [element(114, 'UE-NGAP-IDs', ('aMF-UE-NGAP-ID',
    1099511627775)), element(15, 'Cause', ('radioNetwork', 'misaligned-association-for-multicast-unicast'), 'ignore')])
make('release_request', INITIATING, 42, 'UEContextReleaseRequest', ids(5, 6) + [element(133, 'PDUSessionResourceListCxtRelReq',
    [{'pDUSessionID': 0}, {'pDUSessionID': 255}]), element(15, 'Cause', ('nas', 'uE-not-in-PLMN-serving-area'), 'ignore')],
    'ignore')
MODIFY_TRANSFER = {'protocolIEs': [element(130, 'PDUSessionAggregateMaximumBitRate', {'pDUSessionAggregateMaximumBitRateDL': 10,
    'pDUSessionAggregateMaximumBitRateUL': 20}), element(140, 'UL-NGU-UP-TNLModifyList',
    [{'uL-NGU-UP-TNLInformation': tunnel(IPV6, 0x01020304), 'dL-NGU-UP-TNLInformation': tunnel(IPV4, 9)}]), element(135,
    'QosFlowAddOrModifyRequestList', [{'qosFlowIdentifier': 2, 'qosFlowLevelQosParameters': dynamic(82), 'e-RAB-ID': 5},
    {'qosFlowIdentifier': 63}, {'qosFlowIdentifier': 4, 'qosFlowLevelQosParameters': dynamic()}]), element(137,
    'QosFlowListWithCause', [{'qosFlowIdentifier': 3, 'cause': ('radioNetwork', 'release-due-to-pre-emption')}])]}
make('modify_request', INITIATING, 26, 'PDUSessionResourceModifyRequest', ids() + [element(64,
    'PDUSessionResourceModifyListModReq', [{'pDUSessionID': 7, 'nAS-PDU': bytes.fromhex('7e02aabbccdd'),
    'pDUSessionResourceModifyRequestTransfer': ('PDUSessionResourceModifyRequestTransfer', MODIFY_TRANSFER),
    'iE-Extensions': [{'id': 148, 'criticality': 'reject', 'extensionValue': ('S-NSSAI', snssai(3, 0xABCDEF))}]}])])
make('modify_response', SUCCESSFUL, 26, 'PDUSessionResourceModifyResponse', ids() + [element(65,
    'PDUSessionResourceModifyListModRes', [{'pDUSessionID': 7,
    'pDUSessionResourceModifyResponseTransfer': ('PDUSessionResourceModifyResponseTransfer',
    {'uL-NGU-UP-TNLInformation': tunnel(IPV4 + IPV6, 77), 'qosFlowAddOrModifyResponseList': [{'qosFlowIdentifier': 2}],
    'additionalDLQosFlowPerTNLInformation': [{'qosFlowPerTNLInformation': {'uPTransportLayerInformation': tunnel(IPV4_RAN, 78),
    'associatedQosFlowList': [{'qosFlowIdentifier': 2, 'qosFlowMappingIndication': 'dl'}]}}],
    'qosFlowFailedToAddOrModifyList': [{'qosFlowIdentifier': 63, 'cause': ('radioNetwork',
    'multiple-qos-flow-ID-instances')}]})}], 'ignore'), element(54, 'PDUSessionResourceFailedToModifyListModRes',
    [{'pDUSessionID': 8, 'pDUSessionResourceModifyUnsuccessfulTransfer': ('PDUSessionResourceModifyUnsuccessfulTransfer',
    {'cause': ('radioNetwork', 'unknown-PDU-session-ID'), 'criticalityDiagnostics': {'procedureCode': 26,
    'triggeringMessage': 'initiating-message', 'procedureCriticality': 'notify',
    'iEsCriticalityDiagnostics': [{'iECriticality': 'reject', 'iE-ID': 64, 'typeOfError': 'missing'}]}})}], 'ignore')])
make('modify_indication', INITIATING, 27, 'PDUSessionResourceModifyIndication', ids() + [element(63,
    'PDUSessionResourceModifyListModInd', [{'pDUSessionID': 7,
    'pDUSessionResourceModifyIndicationTransfer': ('PDUSessionResourceModifyIndicationTransfer',
    {'dLQosFlowPerTNLInformation': {'uPTransportLayerInformation': tunnel(IPV4_RAN, 501),
    'associatedQosFlowList': [{'qosFlowIdentifier': 1}]},
    'additionalDLQosFlowPerTNLInformation': [{'qosFlowPerTNLInformation': {'uPTransportLayerInformation': tunnel(IPV4, 502),
    'associatedQosFlowList': [{'qosFlowIdentifier': 5}]}}]})}])])
make('modify_confirm', SUCCESSFUL, 27, 'PDUSessionResourceModifyConfirm', ids() + [element(62,
    'PDUSessionResourceModifyListModCfm', [{'pDUSessionID': 7,
    'pDUSessionResourceModifyConfirmTransfer': ('PDUSessionResourceModifyConfirmTransfer',
    {'qosFlowModifyConfirmList': [{'qosFlowIdentifier': 1}], 'uLNGU-UP-TNLInformation': tunnel(IPV4, 600),
    'qosFlowFailedToModifyList': [{'qosFlowIdentifier': 5, 'cause': ('nas', 'unspecified')}]})}], 'ignore'), element(131,
    'PDUSessionResourceFailedToModifyListModCfm', [{'pDUSessionID': 9,
    'pDUSessionResourceModifyIndicationUnsuccessfulTransfer': ('PDUSessionResourceModifyIndicationUnsuccessfulTransfer',
    {'cause': ('protocol', 'unspecified')})}], 'ignore')])
make('notify', INITIATING, 30, 'PDUSessionResourceNotify', ids() + [element(66, 'PDUSessionResourceNotifyList',
    [{'pDUSessionID': 1, 'pDUSessionResourceNotifyTransfer': ('PDUSessionResourceNotifyTransfer',
    {'qosFlowNotifyList': [{'qosFlowIdentifier': 1, 'notificationCause': 'not-fulfilled'}, {'qosFlowIdentifier': 2,
    'notificationCause': 'fulfilled'}], 'qosFlowReleasedList': [{'qosFlowIdentifier': 3, 'cause': ('radioNetwork',
    'radio-resources-not-available')}]})}]), element(67, 'PDUSessionResourceReleasedListNot', [{'pDUSessionID': 2,
    'pDUSessionResourceNotifyReleasedTransfer': ('PDUSessionResourceNotifyReleasedTransfer', {'cause': ('radioNetwork',
    'slice-not-supported')})}], 'ignore')], 'ignore')
make('setup_request_3', INITIATING, 29, 'PDUSessionResourceSetupRequest', ids(256, 255) + [element(74,
    'PDUSessionResourceSetupListSUReq', [{'pDUSessionID': 1, 'pDUSessionNAS-PDU': b'\x7e\x01', 's-NSSAI': snssai(1),
    'pDUSessionResourceSetupRequestTransfer': ('PDUSessionResourceSetupRequestTransfer', {'protocolIEs': [element(139,
    'UPTransportLayerInformation', tunnel(IPV4 + IPV6, 0xFFFFFFFF)), element(134, 'PDUSessionType', 'unstructured'),
    element(138, 'SecurityIndication', {'integrityProtectionIndication': 'required',
    'confidentialityProtectionIndication': 'not-needed', 'maximumIntegrityProtectedDataRate-UL': 'maximum-UE-rate'}),
    element(136, 'QosFlowSetupRequestList', [{'qosFlowIdentifier': 1, 'qosFlowLevelQosParameters': non_dynamic(9)},
    {'qosFlowIdentifier': 2, 'qosFlowLevelQosParameters': dict(non_dynamic(1, priorityLevelQos=20, averagingWindow=2000,
    maximumDataBurstVolume=100), **{'gBR-QosInformation': GBR})}, {'qosFlowIdentifier': 3,
    'qosFlowLevelQosParameters': non_dynamic(255)}])]})}, {'pDUSessionID': 2, 's-NSSAI': snssai(2, 0),
    'pDUSessionResourceSetupRequestTransfer': ('PDUSessionResourceSetupRequestTransfer', {'protocolIEs': [element(139,
    'UPTransportLayerInformation', tunnel(IPV4, 5)), element(134, 'PDUSessionType', 'ipv4v6'), element(136,
    'QosFlowSetupRequestList', [{'qosFlowIdentifier': 9, 'qosFlowLevelQosParameters': dynamic(3)}])]})}])])
make('setup_response_fail', SUCCESSFUL, 29, 'PDUSessionResourceSetupResponse', ids() + [element(75,
    'PDUSessionResourceSetupListSURes', [{'pDUSessionID': 1,
    'pDUSessionResourceSetupResponseTransfer': ('PDUSessionResourceSetupResponseTransfer',
    {'dLQosFlowPerTNLInformation': {'uPTransportLayerInformation': tunnel(IPV4_RAN, 1),
    'associatedQosFlowList': [{'qosFlowIdentifier': 1, 'qosFlowMappingIndication': 'ul'}]},
    'additionalDLQosFlowPerTNLInformation': [{'qosFlowPerTNLInformation': {'uPTransportLayerInformation': tunnel(IPV6, 2),
    'associatedQosFlowList': [{'qosFlowIdentifier': 3}]}}], 'securityResult': {'integrityProtectionResult': 'performed',
    'confidentialityProtectionResult': 'not-performed'}, 'qosFlowFailedToSetupList': [{'qosFlowIdentifier': 2,
    'cause': ('radioNetwork', 'not-supported-5QI-value')}]})}], 'ignore'), element(58,
    'PDUSessionResourceFailedToSetupListSURes', [{'pDUSessionID': 2,
    'pDUSessionResourceSetupUnsuccessfulTransfer': ('PDUSessionResourceSetupUnsuccessfulTransfer', {'cause': ('misc',
    'not-enough-user-plane-processing-resources')})}], 'ignore')])
make('context_failure', UNSUCCESSFUL, 14, 'InitialContextSetupFailure', ids() + [element(132,
    'PDUSessionResourceFailedToSetupListCxtFail', [{'pDUSessionID': 4,
    'pDUSessionResourceSetupUnsuccessfulTransfer': ('PDUSessionResourceSetupUnsuccessfulTransfer', {'cause': ('transport',
    'unspecified')})}], 'ignore'), element(15, 'Cause', ('radioNetwork',
    'encryption-and-or-integrity-protection-algorithms-not-supported'), 'ignore')])
make('required_to_enb', INITIATING, 12, 'HandoverRequired', ids() + [element(29, 'HandoverType', 'fivegs-to-eps'), element(15,
    'Cause', ('radioNetwork', 'handover-desirable-for-radio-reason'), 'ignore'), element(105, 'TargetID', ('targeteNB-ID',
    {'globalENB-ID': {'pLMNIdentity': PLMN, 'ngENB-ID': ('macroNgENB-ID', (0xABCDE, 20))},
    'selected-EPS-TAI': {'pLMNIdentity': PLMN, 'ePS-TAC': b'\1\2'}})), element(61, 'PDUSessionResourceListHORqd',
    [{'pDUSessionID': 1, 'handoverRequiredTransfer': ('HandoverRequiredTransfer',
    {'directForwardingPathAvailability': 'direct-path-available'})}])])
make('required_to_rnc', INITIATING, 12, 'HandoverRequired', ids() + [element(29, 'HandoverType', 'fivegs-to-utran'),
    element(105, 'TargetID', ('choice-Extensions', {'id': 178, 'criticality': 'reject', 'value': ('TargetRNC-ID',
    {'lAI': {'pLMNidentity': PLMN, 'lAC': b'\1\2'}, 'rNC-ID': 77})}))])
make('handover_ack', SUCCESSFUL, 13, 'HandoverRequestAcknowledge', ids() + [element(53, 'PDUSessionResourceAdmittedList',
    [{'pDUSessionID': 1, 'handoverRequestAcknowledgeTransfer': ('HandoverRequestAcknowledgeTransfer',
    {'dL-NGU-UP-TNLInformation': tunnel(IPV4_RAN, 11), 'dLForwardingUP-TNLInformation': tunnel(IPV4, 12),
    'securityResult': {'integrityProtectionResult': 'not-performed', 'confidentialityProtectionResult': 'performed'},
    'qosFlowSetupResponseList': [{'qosFlowIdentifier': 1, 'dataForwardingAccepted': 'data-forwarding-accepted'}],
    'qosFlowFailedToSetupList': [{'qosFlowIdentifier': 2, 'cause': ('radioNetwork', 'invalid-qos-combination')}],
    'dataForwardingResponseDRBList': [{'dRB-ID': 32, 'dLForwardingUP-TNLInformation': tunnel(IPV4, 13)}]})}], 'ignore'),
    element(56, 'PDUSessionResourceFailedToSetupListHOAck', [{'pDUSessionID': 2,
    'handoverResourceAllocationUnsuccessfulTransfer': ('HandoverResourceAllocationUnsuccessfulTransfer',
    {'cause': ('radioNetwork', 'no-radio-resources-available-in-target-cell')})}], 'ignore'), element(106,
    'TargetToSource-TransparentContainer', b'\1\2\3')])
make('handover_command', SUCCESSFUL, 12, 'HandoverCommand', ids() + [element(29, 'HandoverType', 'intra5gs'), element(59,
    'PDUSessionResourceHandoverList', [{'pDUSessionID': 1, 'handoverCommandTransfer': ('HandoverCommandTransfer',
    {'dLForwardingUP-TNLInformation': tunnel(IPV4, 21), 'qosFlowToBeForwardedList': [{'qosFlowIdentifier': 1}],
    'dataForwardingResponseDRBList': [{'dRB-ID': 1, 'uLForwardingUP-TNLInformation': tunnel(IPV4, 22)}],
    'iE-Extensions': [{'id': 283, 'criticality': 'ignore', 'extensionValue': ('QosFlowListWithCause', [{'qosFlowIdentifier': 2,
    'cause': ('radioNetwork', 'partial-handover')}])}]})}], 'ignore'), element(78, 'PDUSessionResourceToReleaseListHOCmd',
    [{'pDUSessionID': 2, 'handoverPreparationUnsuccessfulTransfer': ('HandoverPreparationUnsuccessfulTransfer',
    {'cause': ('radioNetwork', 'ho-target-not-allowed')})}], 'ignore')])
make('path_switch_request', INITIATING, 25, 'PathSwitchRequest', [element(85, 'RAN-UE-NGAP-ID', 3), element(100,
    'AMF-UE-NGAP-ID', 65536), element(76, 'PDUSessionResourceToBeSwitchedDLList', [{'pDUSessionID': 1,
    'pathSwitchRequestTransfer': ('PathSwitchRequestTransfer', {'dL-NGU-UP-TNLInformation': tunnel(IPV6, 31),
    'dL-NGU-TNLInformationReused': 'true',
    'userPlaneSecurityInformation': {'securityResult': {'integrityProtectionResult': 'performed',
    'confidentialityProtectionResult': 'performed'}, 'securityIndication': {'integrityProtectionIndication': 'preferred',
    'confidentialityProtectionIndication': 'preferred', 'maximumIntegrityProtectedDataRate-UL': 'bitrate64kbs'}},
    'qosFlowAcceptedList': [{'qosFlowIdentifier': 1}, {'qosFlowIdentifier': 2}]})}]), element(57,
    'PDUSessionResourceFailedToSetupListPSReq', [{'pDUSessionID': 2,
    'pathSwitchRequestSetupFailedTransfer': ('PathSwitchRequestSetupFailedTransfer', {'cause': ('radioNetwork',
    'resources-not-available-for-the-slice')})}], 'ignore')])
make('path_switch_ack', SUCCESSFUL, 25, 'PathSwitchRequestAcknowledge', ids() + [element(77, 'PDUSessionResourceSwitchedList',
    [{'pDUSessionID': 1, 'pathSwitchRequestAcknowledgeTransfer': ('PathSwitchRequestAcknowledgeTransfer',
    {'uL-NGU-UP-TNLInformation': tunnel(IPV4, 41), 'securityIndication': {'integrityProtectionIndication': 'not-needed',
    'confidentialityProtectionIndication': 'required'}})}], 'ignore'), element(68, 'PDUSessionResourceReleasedListPSAck',
    [{'pDUSessionID': 2, 'pathSwitchRequestUnsuccessfulTransfer': ('PathSwitchRequestUnsuccessfulTransfer',
    {'cause': ('radioNetwork', 'xn-handover-triggered')})}], 'ignore'), element(0, 'AllowedNSSAI', [{'s-NSSAI': snssai(1,
    1)}])])
make('path_switch_failure', UNSUCCESSFUL, 25, 'PathSwitchRequestFailure', ids() + [element(69,
    'PDUSessionResourceReleasedListPSFail', [{'pDUSessionID': 3,
    'pathSwitchRequestUnsuccessfulTransfer': ('PathSwitchRequestUnsuccessfulTransfer', {'cause': ('misc',
    'hardware-failure')})}], 'ignore')])
make('release_response', SUCCESSFUL, 28, 'PDUSessionResourceReleaseResponse', ids() + [element(70,
    'PDUSessionResourceReleasedListRelRes', [{'pDUSessionID': 3,
    'pDUSessionResourceReleaseResponseTransfer': ('PDUSessionResourceReleaseResponseTransfer', {})}], 'ignore')])
make('paging', INITIATING, 24, 'Paging', [element(115, 'UEPagingIdentity', ('fiveG-S-TMSI', {'aMFSetID': (2, 10),
    'aMFPointer': (1, 6), 'fiveG-TMSI': b'\0\0\0\1'}), 'ignore'), element(103, 'TAIListForPaging',
    [{'tAI': {'pLMNIdentity': PLMN, 'tAC': bytes([0, 0, i])}} for i in range(1, 17)], 'ignore')], 'ignore')
make('sessions_70', INITIATING, 42, 'UEContextReleaseRequest', ids(5, 6) + [element(133, 'PDUSessionResourceListCxtRelReq',
    [{'pDUSessionID': i} for i in range(70)]), element(15, 'Cause', ('radioNetwork', 'user-inactivity'), 'ignore')], 'ignore')
SIXTY_FLOWS = [{'qosFlowIdentifier': i} for i in range(60)]
make('flows_300', INITIATING, 25, 'PathSwitchRequest', [element(85, 'RAN-UE-NGAP-ID', 3), element(100, 'AMF-UE-NGAP-ID', 1),
    element(76, 'PDUSessionResourceToBeSwitchedDLList', [{'pDUSessionID': k,
    'pathSwitchRequestTransfer': ('PathSwitchRequestTransfer', {'dL-NGU-UP-TNLInformation': tunnel(IPV4, 31 + k),
    'qosFlowAcceptedList': SIXTY_FLOWS})} for k in range(5)])])


# -- Writing ----------------------------------------------------------------------------------------------------------

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
# Their lines would be long; test_ngap.c looks at them another way.
LONG = ('reset_many', 'sessions_70', 'flows_300')
LONGEST = 420
HEAD = """/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file NGAP messages and what is to be read from them, as the line of ngap_text.h. Written by tests/data/corpus/make-ngap-seeds.py
 * with an independent ASN.1 implementation.
 */
#ifndef SN_TESTS_UNIT_NGAP_VECTORS_H
#define SN_TESTS_UNIT_NGAP_VECTORS_H

struct ngap_vector {
	const char *name;
	const char *hex;
	const char *text;
};
"""


def c_string(text, indent):
    return ('\n' + indent).join('"%s"' % text[at:at + 110] for at in range(0, len(text), 110))


def table(name, what, rows):
    yield '/** %s */\nstatic const struct ngap_vector %s[] = {' % (what, name)
    for title, raw in rows:
        yield '\t{ "%s",\n\t  %s,\n\t  %s },' % (title, c_string(raw.hex(), '\t  '), c_string(line(raw), '\t  '))
    yield '};\n'


def one_of_each():
    """The message with most to say of each procedure and PDU of the recordings."""
    best = {}
    for capture in ('nea0', 'handover'):
        for raw in recorded_messages('%s/tests/data/captures/%s-n2.pcapng' % (TOP, capture)):
            code, pdu = frame(raw)[:2]
            if len(raw) <= LONGEST and ((code, pdu) not in best or len(line(raw).split()) > len(line(best[code, pdu][1]).split())):
                best[code, pdu] = capture, raw
    return sorted(best.items())


def main():
    recorded = one_of_each()
    out = [HEAD]
    out += table('made', 'Made, for what the recordings do not hold.', [item for item in MADE.items() if item[0] not in LONG])
    out += table('recorded', 'One of each kind in the recordings.',
                 [('%s %d.%d' % (capture, code, pdu), raw) for (code, pdu), (capture, raw) in recorded])
    out += ['static const char %s[] =\n\t%s;\n' % (name, c_string(MADE[name].hex(), '\t')) for name in LONG]
    with open(TOP + '/tests/unit/ngap_vectors.h', 'w') as file:
        file.write('\n'.join(out + ['#endif\n']))
    subprocess.run(['clang-format-14', '-i', TOP + '/tests/unit/ngap_vectors.h'], check=True)

    # The first octet of a seed is the protocol, by enum sn_ap.
    seeds = {'made-' + name: b'\0' + raw for name, raw in MADE.items()}
    seeds.update({'recorded-%d-%d' % key: b'\0' + raw for key, (_, raw) in recorded})
    for protocol, name in enumerate(('xnap', 'f1ap', 'e1ap', 's1ap', 'x2ap'), 1):
        seeds['frame-' + name] = bytes([protocol, 0x40 if name == 'f1ap' else 0x20, 17, 0, 3, 0, 0, 0])
    folder = TOP + '/tests/data/corpus/ngap'
    os.makedirs(folder, exist_ok=True)
    for name, octets in seeds.items():
        with open('%s/%s' % (folder, name), 'wb') as file:
            file.write(octets)


if __name__ == '__main__':
    main()
